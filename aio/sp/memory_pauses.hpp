#pragma once

#include <chrono>
#include <system_error>

#include "runtime/clock.hpp"

namespace lariat {

/// How a lack of memory is reported.
inline std::error_code no_memory() noexcept {
    return std::make_error_code(std::errc::not_enough_memory);
}

/// The pauses of one that waits for memory: a lack of it ends some time, and costs nobody a message
/// until then. About ten seconds of them in all, then it is over.
class memory_pauses {
  public:
    /// Whether it pays to wait still.
    bool more() const noexcept { return next_ <= longest; }

    /// Returns: how long to wait now.
    duration next() const noexcept { return next_; }

    /// So long was waited, in vain.
    void grow() noexcept { next_ *= 2; }

    /// There is memory again.
    void reset() noexcept { next_ = first; }

  private:
    static constexpr duration first = std::chrono::milliseconds(10);
    static constexpr duration longest = first * 512;

    duration next_ = first;
};

}  // namespace lariat
