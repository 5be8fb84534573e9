#pragma once

#include <chrono>
#include <system_error>
#include <utility>

#include "runtime/clock.hpp"

namespace lariat {

/// How a lack of memory is reported.
inline std::error_code no_memory() noexcept {
    return std::make_error_code(std::errc::not_enough_memory);
}

/// The pauses of one that waits for memory: a lack of it ends some time, and costs nobody a message
/// until then. They grow, and after about ten seconds it is over.
class memory_pauses {
  public:
    /// Whether it pays to wait still.
    bool more(time_point now) noexcept {
        if (end_ == never) end_ = after(now, most);
        return now < end_;
    }

    /// Returns: how long to wait now.
    duration next() noexcept { return std::exchange(next_, 2 * next_); }

    /// There is memory again.
    void reset() noexcept {
        end_ = never;
        next_ = first;
    }

  private:
    static constexpr duration first = std::chrono::milliseconds(10);
    static constexpr duration most = std::chrono::seconds(10);

    time_point end_ = never;
    duration next_ = first;
};

}  // namespace lariat
