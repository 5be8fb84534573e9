#pragma once

#include <cstddef>
#include <memory>

#include "runtime/clock.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// Deadlines in user space, so that one wait of the kernel serves all of them.
///
/// A heap of four children per node, keys beside the pointers: a level is one cache line, and no
/// operation costs more than its depth, ten levels for a million timers. It grows by doubling and
/// keeps what it has: a steady state does not allocate.
class timer_queue {
  public:
    timer_queue() = default;
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }

    /// Requires: not armed. A deadline of `never` arms nothing and succeeds.
    /// Returns: false when there is no memory for one more timer.
    bool arm(timed_waiter& timer, time_point due) noexcept;

    /// Requires: armed.
    void disarm(timed_waiter& timer) noexcept;

    /// Returns: the nearest deadline; `never` when there is none.
    time_point next() noexcept;

    /// Returns: a timer whose deadline is at or before `now`, disarmed, the nearest first; null
    /// when there is none.
    timed_waiter* pop_due(time_point now) noexcept;

  private:
    struct entry {
        time_point due;
        timed_waiter* timer;
    };
    struct free_entries {
        void operator()(entry* memory) const noexcept;
    };

    bool reserve(std::size_t slots) noexcept;
    void place(entry item, std::size_t slot) noexcept;
    bool sift_up(entry item, std::size_t slot) noexcept;
    void sift_down(entry item, std::size_t slot) noexcept;

    std::unique_ptr<entry[], free_entries> entries_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
};

}  // namespace lariat
