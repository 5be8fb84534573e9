#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "runtime/clock.hpp"

namespace lariat {

/// What something that goes on and on does about an error.
enum class remedy : std::uint8_t {
    none,   ///< It ends with it.
    retry,  ///< One item was at fault: on to the next.
    wait,   ///< Something ran out: it tries again after a pause.
};

/// The pauses of something that ran out: what is missing comes back when someone else lets go. The
/// first is short, for a burst; the longest costs nothing, and is soon enough for who waits.
class growing_pause {
  public:
    duration next() noexcept {
        const duration pause = next_;
        next_ = std::min(2 * next_, longest);
        return pause;
    }

    void reset() noexcept { next_ = shortest; }

  private:
    static constexpr duration shortest = std::chrono::milliseconds(5);
    static constexpr duration longest = std::chrono::seconds(1);

    duration next_ = shortest;
};

}  // namespace lariat
