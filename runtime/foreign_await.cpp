#include "runtime/foreign_await.hpp"

#include "runtime/wait_report.hpp"

namespace lariat {
namespace {

stand_in stand_in_for(home&, runnable&) { co_return; }

}  // namespace

std::coroutine_handle<> foreign_wait::leave() {
    home_ = &home::current();
    in_place_ = stand_in_for(*home_, *this);
    become_leaf(*home_);
    return in_place_.handle();
}

void foreign_wait::stay() noexcept {
    if (!in_place_.handle()) return;
    // Another thread may have posted this one already.
    home_->flush();
    leave_queue();
    leave_leaf();
    in_place_ = stand_in();
}

void foreign_wait::describe(wait_report& report) const {
    report.name = "an awaitable of another library";
}

}  // namespace lariat
