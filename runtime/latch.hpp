#pragma once

#include <cstddef>

#include "runtime/check.hpp"
#include "runtime/event.hpp"

namespace lariat {

/// Waits until something has happened so many times. It opens once, and stays open.
/// Threads: those of one home; of a `concurrent_latch`, any.
template <class List>
class basic_latch {
    using wait_description = typename basic_event<List>::description;

  public:
    explicit basic_latch(std::size_t count) noexcept : left_(count) {
        if (count == 0) open_.set();
    }

    /// Requires: no more than are left.
    void count_down(std::size_t times = 1) noexcept {
        const std::size_t left = left_ -= times;
        check(left <= left + times, "latch: counted down below zero");
        if (left == 0) open_.set();
    }

    /// Waits until the count is zero. `result<void>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Lifetime: the latch outlives the wait.
    [[nodiscard]] wait_description wait() noexcept { return open_.wait(); }

    [[nodiscard]] wait_description arrive_and_wait(std::size_t times = 1) noexcept {
        count_down(times);
        return open_.wait();
    }

    std::size_t left() const noexcept { return left_; }

  private:
    typename List::counter left_;
    basic_event<List> open_;
};

class latch final : public basic_latch<wait_list> {
  public:
    using basic_latch::basic_latch;
};

}  // namespace lariat
