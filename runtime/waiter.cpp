#include "runtime/waiter.hpp"

#include "runtime/check.hpp"
#include "runtime/home.hpp"

namespace lariat {

void runnable::arrive() noexcept { mistake("posted something that cannot arrive"); }

std::coroutine_handle<> waiter::resumption() noexcept {
    leave_leaf();
    here.line = strand_;
    return continuation_.next();
}

void waiter::run() noexcept { resumption().resume(); }

void waiter::become_orphan(home& at) noexcept { at.orphans().push_back(*this); }

void strand::cancel(std::error_code why) noexcept {
    if (reason) return;
    reason = why;
    if (leaf) leaf->cancel(why);
    scopes.for_each([&](strand_scope& scope) { scope.cancel(why); });
}

void strand::retract(std::error_code why) noexcept {
    // A cancel that came before left what it waits for with it, if that was promised already.
    const bool first = !reason;
    if (first) reason = why;
    if (leaf) leaf->retract(reason);
    if (first) scopes.for_each([&](strand_scope& scope) { scope.cancel(why); });
}

}  // namespace lariat
