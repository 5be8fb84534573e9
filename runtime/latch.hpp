#pragma once

#include <cstddef>

#include "runtime/check.hpp"
#include "runtime/event.hpp"

namespace lariat {

/// Waits until something has happened so many times. It opens once, and stays open.
/// Threads: those of one home.
class latch {
  public:
    explicit latch(std::size_t count) noexcept : left_(count) {
        if (count == 0) open_.set();
    }

    /// Requires: no more than are left.
    void count_down(std::size_t times = 1) noexcept {
        check(times <= left_, "latch: counted down below zero");
        left_ -= times;
        if (left_ == 0) open_.set();
    }

    /// Waits until the count is zero. `result<void>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Lifetime: the latch outlives the wait.
    [[nodiscard]] event::description wait() noexcept { return open_.wait(); }

    [[nodiscard]] event::description arrive_and_wait(std::size_t times = 1) noexcept {
        count_down(times);
        return open_.wait();
    }

    std::size_t left() const noexcept { return left_; }

  private:
    std::size_t left_;
    event open_;
};

}  // namespace lariat
