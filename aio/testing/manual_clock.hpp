#pragma once

#include <chrono>

#include "runtime/clock.hpp"

namespace lariat::testing {

/// A clock that stands still until it is moved. It starts away from zero, so that a deadline in
/// the past can be told from none.
class manual_clock final : public clock {
  public:
    time_point now() const noexcept override { return now_; }

    /// A negative span moves nothing: the clock is monotonic.
    void advance(duration span) noexcept { now_ = after(now_, span); }

  private:
    time_point now_{std::chrono::hours(1)};
};

}  // namespace lariat::testing
