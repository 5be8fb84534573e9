#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>

#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/sleep.hpp"

namespace lariat {

/// A timer that ticks once each period, counted from where it was made: what is done between two
/// ticks does not shift the later ones.
///
///     io::interval seconds(1s);
///     while (auto ticks = co_await seconds.next()) report(*ticks);
///
/// Threads: that of its home.
class interval {
  public:
    class tick;
    struct next_description {
        interval& from;
        tick operator co_await() const noexcept;
    };

    /// Requires: a period above 0, and a running scheduler.
    template <class Rep, class Period>
    explicit interval(std::chrono::duration<Rep, Period> period) noexcept
        : period_(to_duration(period)), due_(after(home::current().now(), period_)) {
        check(period_ > duration::zero(), "interval: its period is not above 0");
    }

    /// Waits for the next tick: `result<std::uint64_t>`, the periods that have passed since the
    /// last one that was heard. 1 is on time; more were missed, and do not come again.
    /// Errors: canceled, stopped, timed_out (through `within`): then the tick is the next wait's.
    [[nodiscard]] next_description next() noexcept { return {*this}; }

  private:
    duration period_;
    time_point due_;
};

/// A wait for a tick.
class interval::tick {
  public:
    explicit tick(interval& from) noexcept : from_(from), sleep_(from.due_) {}

    void attach(strand* line, continuation whom) noexcept { sleep_.attach(line, whom); }
    bool launch() noexcept { return sleep_.launch(); }

    bool await_ready() const noexcept { return sleep_.await_ready(); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        return sleep_.await_suspend(coroutine);
    }
    result<std::uint64_t> await_resume() noexcept {
        if (const auto slept = sleep_.await_resume(); !slept) return slept.error();
        const duration late = home::current().now() - from_.due_;
        const auto passed = 1 + late / from_.period_;
        from_.due_ = after(from_.due_, passed * from_.period_);
        return static_cast<std::uint64_t>(passed);
    }

  private:
    interval& from_;
    sleep_awaiter sleep_;
};

inline interval::tick interval::next_description::operator co_await() const noexcept {
    return tick(from);
}

}  // namespace lariat
