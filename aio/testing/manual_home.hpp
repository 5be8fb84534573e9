#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <system_error>

#include "aio/testing/manual_clock.hpp"
#include "runtime/home.hpp"
#include "runtime/intrusive_list.hpp"

namespace lariat::testing {

class started_task;

/// What happens outside of a manual home without being told to: the stand-in for a kernel. It is
/// asked only while a destructor waits for a provider, because then nobody else gets a turn.
class outside_source : public list_hook<outside_source> {
  public:
    /// Lets one thing happen, such as the end of one operation. Runs no coroutine.
    /// Returns: whether anything happened.
    virtual bool happen() noexcept = 0;

  protected:
    outside_source() = default;
    ~outside_source() {
        if (linked()) unlink();
    }
};

/// The clock of a manual home, made before the home that reads it.
struct manual_time {
    manual_clock time;
};

/// A home without a kernel that takes its turns when it is told to, on a clock that is moved by
/// hand: order and counts become facts that a test can state.
///
/// It is the thread's current home while it lives. Tasks run in it as `running`.
/// Lifetime: make it first, so that it is destroyed last. What is still pending then is cancelled
/// with `stopped` and waited for, and nobody is resumed.
/// Threads: that of the home; `post` from any.
class manual_home final : public manual_time, public home {
  public:
    explicit manual_home(home_budgets budgets = {}) noexcept;
    ~manual_home();

    /// Returns: whether something is still ready.
    bool run_turn() noexcept { return turn(); }

    /// Takes turns until nothing is ready, posted or due. The clock stands still.
    /// Requires: that this comes to an end; a million turns without one are a mistake.
    /// Returns: how many turns it took.
    std::size_t run_until_idle() noexcept;

    /// Runs until idle, then moves the clock from deadline to deadline, as a machine that is never
    /// late would, running until idle at each.
    void advance(duration span) noexcept;

    /// Takes turns until `done()`; where nothing is left to do it waits for other threads.
    /// Returns: false when `patience` of real time passed in which nothing was posted.
    template <class Done>
    bool run_until(Done done, std::chrono::milliseconds patience = default_patience) {
        for (;;) {
            const bool more = turn();
            if (done()) return true;
            if (!more && !mail() && !wait_for_post(patience)) return false;
        }
    }

    /// Ends everything as a scheduler does: with `stopped`, all tasks and waits without a task.
    /// What starts later starts as stopped.
    void stop() noexcept;

    // Parts of a turn, for tests of what happens between them.

    /// Lets arrive what was posted.
    void deliver_posts() noexcept { empty_mailbox(); }
    /// Lets expire what is due.
    void fire_due() noexcept { fire_timers(); }
    /// Whether nothing is ready, posted or due.
    bool idle() noexcept { return !ready() && !mail() && timers().next() > now(); }

    void add(outside_source& source) noexcept { sources_.push_back(source); }

  private:
    friend class started_task;
    static constexpr std::chrono::milliseconds default_patience{10'000};

    void wake(urgency) noexcept override;
    void await_outside() noexcept override;
    void begin_drain() noexcept override;
    bool wait_for_post(std::chrono::milliseconds patience);
    bool let_something_happen() noexcept;

    activation active_{*this};
    intrusive_list<outside_source, outside_source> sources_;
    intrusive_list<started_task, started_task> tasks_;
    std::error_code stopped_;

    std::mutex sleeping_;
    std::condition_variable woken_;
    bool was_woken_ = false;
};

}  // namespace lariat::testing
