#pragma once

#include <cstdint>

namespace bench {

/// When the messages of an open loop are due: so many per second, evenly, from `start` on, whatever
/// happens to the ones before. Their latency counts from there and not from when they were sent, so
/// that one late answer also counts for those that had to wait behind it.
class schedule {
  public:
    /// Times are nanoseconds of any one clock. Requires: a rate above 0.
    schedule(std::uint64_t start, double per_second) noexcept
        : start_(start), interval_(1e9 / per_second) {}

    /// Returns: when the next one is due.
    std::uint64_t next() const noexcept { return due(taken_); }

    /// The next one has been sent, or is queued.
    void take() noexcept { ++taken_; }

    std::uint64_t taken() const noexcept { return taken_; }

  private:
    /// From the number each time: a sum of rounded intervals would drift.
    std::uint64_t due(std::uint64_t number) const noexcept {
        return start_ + static_cast<std::uint64_t>(static_cast<double>(number) * interval_);
    }

    std::uint64_t start_;
    double interval_;
    std::uint64_t taken_ = 0;
};

}  // namespace bench
