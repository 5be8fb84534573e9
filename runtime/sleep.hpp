#pragma once

#include <chrono>
#include <system_error>

#include "runtime/clock.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// Waits for a point in time.
class sleep_awaiter final : public timed_waiter, public awaiting<sleep_awaiter> {
  public:
    explicit sleep_awaiter(time_point until) noexcept : until_(until) {}
    ~sleep_awaiter();

    bool launch() noexcept;
    result<void> await_resume() const noexcept { return error_; }

  private:
    void expire() noexcept override;
    void cancel(std::error_code reason) noexcept override;
    void describe(wait_report& report) const override;
    void end(std::error_code how) noexcept;

    time_point until_;
    home* home_ = nullptr;
    std::error_code error_;
    bool waiting_ = false;
};

struct sleep_until_description {
    time_point until;
    sleep_awaiter operator co_await() const noexcept { return sleep_awaiter(until); }
};

struct sleep_for_description {
    duration span;
    sleep_awaiter operator co_await() const noexcept;
};

/// Suspends until a point on the monotonic clock; one that has passed lets others run once.
/// `never` ends by cancel alone. Yields `result<void>`.
/// Errors: canceled, stopped; not_enough_memory for one more timer.
[[nodiscard]] inline sleep_until_description sleep_until(time_point until) noexcept {
    return {until};
}

/// The same, counted from where it is awaited.
template <class Rep, class Period>
[[nodiscard]] sleep_for_description sleep_for(std::chrono::duration<Rep, Period> span) noexcept {
    return {to_duration(span)};
}

}  // namespace lariat
