#include "runtime/home.hpp"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <thread>

namespace lariat {

constinit thread_local thread_context here __attribute__((tls_model("initial-exec")));

namespace {

std::uint32_t coarse_milliseconds() noexcept {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint32_t>(now.tv_sec * 1000 + now.tv_nsec / 1'000'000);
}

/// An interrupted transfer goes ahead of the others, and costs `transfers` of what is allowed at
/// once: so many are allowed that who used up a turn's resumptions alone goes behind them.
home_budgets fair(home_budgets budgets) noexcept {
    check(budgets.resumptions > 0 && budgets.immediate > 0 && budgets.transfers > 0,
          "home: a budget of less than one");
    const std::int64_t most = std::int64_t{budgets.resumptions} * budgets.transfers - 1;
    budgets.immediate = static_cast<int>(std::min<std::int64_t>(budgets.immediate, most));
    return budgets;
}

}  // namespace

home::home(const clock& time, home_budgets budgets) noexcept
    : clock_(time), budgets_(fair(budgets)), coarse_now_(coarse_milliseconds()) {}

home::~home() {
    await_posters();
    check(timers_.empty() && !ready() && !mail(), "home: destroyed while waits are pending in it");
}

void home::post(runnable& item) noexcept {
    // Before the item can be seen: once it has arrived, this home may be about to end.
    posting_.fetch_add(1, std::memory_order_relaxed);
    mailbox_.post(item);
    if (sleep_.load(std::memory_order_seq_cst) != awake_now) wake_sleeper();
    posting_.fetch_sub(1, std::memory_order_release);
}

/// A wake by a ring leaves with its next batch. By then it is only promised, and nobody but who has
/// that ring relies on it: its thread may block before.
void home::wake_sleeper() noexcept {
    const auto own_ring = reinterpret_cast<std::uintptr_t>(here.kernel);
    std::uintptr_t seen = sleep_.load(std::memory_order_relaxed);
    bool promises;
    do {
        if (seen == awake_now || seen == own_ring) return;
        promises = own_ring != 0 && seen == asleep;
    } while (!sleep_.compare_exchange_weak(seen, promises ? own_ring : awake_now,
                                           std::memory_order_acq_rel, std::memory_order_relaxed));
    wake(promises ? urgency::with_next_batch : urgency::at_once);
}

void home::await_posters() noexcept {
    while (posting_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

void home::flush() noexcept {
    check(on_this_thread(), "home: flushed from a thread that is not its own");
    empty_mailbox();
}

bool home::turn() noexcept {
    ++turns_;
    coarse_now_ = coarse_milliseconds();
    here.immediate = budgets_.immediate;
    first_of_next_turn_ = nullptr;
    empty_mailbox();
    if (!timers_.empty()) fire_timers();
    for (int left = budgets_.resumptions; left > 0; --left) {
        runnable* item = ready_.pop();
        if (!item) break;
        if (item == first_of_next_turn_) [[unlikely]] {
            ready_.push_front(*item);
            break;
        }
        here.transfers = budgets_.transfers;
        item->run();
    }
    here.line = nullptr;  // Its strand may end before the next turn.
    return ready();
}

void home::fire_timers() noexcept {
    // A cancel function that arms a timer in the past must not keep this loop going.
    const time_point now = clock_.now();
    dispatch_guard guard(*this);
    while (timed_waiter* timer = timers_.pop_due(now)) timer->expire();
}

unsigned home::empty_mailbox() noexcept {
    if (!mail()) [[likely]]
        return 0;
    dispatch_guard guard(*this);
    return mailbox_.drain();
}

bool home::fall_asleep() noexcept {
    sleep_.store(asleep, std::memory_order_seq_cst);
    if (mailbox_.empty()) return true;
    awake();
    return false;
}

void home::forget_others() noexcept {
    mailbox_.forget();
    posting_.store(0, std::memory_order_relaxed);
}

void home::forget_all() noexcept {
    while (ready_.pop()) {
    }
    while (timers_.pop_due(never)) {
    }
    while (orphans_.pop_front()) {
    }
    while (loose_scopes_.pop_front()) {
    }
}

void home::wake(urgency) noexcept { sleep_.notify_one(); }

void home::await_outside() noexcept {
    if (fall_asleep()) sleep_.wait(asleep, std::memory_order_acquire);
    awake();
    empty_mailbox();
}

}  // namespace lariat
