#include "aio/testing/manual_home.hpp"

#include "aio/testing/running.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"

namespace lariat::testing {
namespace {

constexpr std::size_t most_turns = 1'000'000;

}  // namespace

manual_home::manual_home(home_budgets budgets) noexcept : home(time, budgets) {}

manual_home::~manual_home() {
    stop();
    drain_until([this] { return pending() == 0; });
    await_posters();
    empty_mailbox();
    forget_all();
}

std::size_t manual_home::run_until_idle() noexcept {
    for (std::size_t turns = 0; turns < most_turns; ++turns) {
        if (idle()) return turns;
        turn();
    }
    mistake("manual_home: still not idle after a million turns");
}

void manual_home::advance(duration span) noexcept {
    run_until_idle();
    const time_point until = after(now(), span);
    while (timers().next() <= until) {
        time.advance(timers().next() - now());
        run_until_idle();
    }
    time.advance(until - now());
}

void manual_home::stop() noexcept {
    if (stopped_) return;
    stopped_ = make_error_code(error::stopped);
    dispatch_guard guard(*this);
    tasks_.for_each([&](started_task& each) { each.cancel(stopped_); });
    orphans().for_each([&](waiter& each) { each.cancel(stopped_); });
    loose_scopes().for_each([&](strand_scope& each) { each.cancel(stopped_); });
}

void manual_home::wake(urgency) noexcept {
    // Notified under the lock: who is woken may destroy this home as soon as it has the lock.
    const std::lock_guard lock(sleeping_);
    was_woken_ = true;
    woken_.notify_one();
}

bool manual_home::wait_for_post(std::chrono::milliseconds patience) {
    const auto until = std::chrono::system_clock::now() + patience;
    // Woken without mail: the wake of a post that had arrived before it.
    while (fall_asleep()) {
        std::unique_lock lock(sleeping_);
        const bool woken = woken_.wait_until(lock, until, [this] { return was_woken_; });
        was_woken_ = false;
        if (!woken) break;
    }
    awake();
    return mail();
}

bool manual_home::let_something_happen() noexcept {
    bool happened = false;
    dispatch_guard guard(*this);
    sources_.for_each([&](outside_source& each) { happened = happened || each.happen(); });
    return happened;
}

void manual_home::await_outside() noexcept {
    if (!mail() && !let_something_happen()) {
        check(wait_for_post(default_patience),
              "manual_home: a destructor waits for an operation that nobody finishes");
    }
    empty_mailbox();
}

void manual_home::begin_drain() noexcept {
    check(on_this_thread() && !dispatching(),
          "destroyed inside a completion, an arrival or a cancel function, or on another thread "
          "than its home's, while it is pending");
}

started_task::started_task(manual_home& at) noexcept {
    check(&home::current() == &at, "running: another home is this thread's current one");
    if (at.stopped_) line_.cancel(at.stopped_);
    at.tasks_.push_back(*this);
}

}  // namespace lariat::testing
