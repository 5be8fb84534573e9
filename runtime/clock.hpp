#pragma once

#include <chrono>

namespace lariat {

/// Points on CLOCK_MONOTONIC, the clock that io_uring's waits use.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::nanoseconds;

/// A deadline that never comes; what an overflowing sum saturates to.
inline constexpr time_point never = time_point::max();
inline constexpr duration forever = duration::max();

/// Returns: `start + span`, `never` when that cannot be represented. A negative span counts as 0.
constexpr time_point after(time_point start, duration span) noexcept {
    if (span <= duration::zero()) return start;
    return never - span <= start ? never : start + span;
}

/// Any unit of time becomes a `duration`; what does not fit saturates. Fractions round up, so that
/// a short wait never becomes none.
template <class Rep, class Period>
constexpr duration to_duration(std::chrono::duration<Rep, Period> span) noexcept {
    using seconds = std::chrono::duration<double>;
    if (span >= span.zero() && seconds(span) >= seconds(forever)) return forever;
    if (span < span.zero()) return duration::zero();
    return std::chrono::ceil<duration>(span);
}

/// Where a home reads the time. Tests replace it by one they move by hand.
class clock {
  public:
    virtual time_point now() const noexcept = 0;

    /// The machine's monotonic clock.
    static const clock& system() noexcept;

  protected:
    ~clock() = default;
};

}  // namespace lariat
