#pragma once

#include <coroutine>
#include <cstddef>
#include <vector>

namespace bench::raw {

/// The least that a scheduler can be: handles in a ring, resumed in order.
class ready_ring {
  public:
    /// Requires: `capacity` is a power of two and never exceeded.
    explicit ready_ring(std::size_t capacity) : slots_(capacity), mask_(capacity - 1) {}

    void push(std::coroutine_handle<> coroutine) noexcept { slots_[tail_++ & mask_] = coroutine; }

    void run() {
        while (head_ != tail_) slots_[head_++ & mask_].resume();
    }

    /// `co_await ring.yield()` goes to the back of the queue.
    auto yield() noexcept {
        struct awaiter {
            ready_ring& ring;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> coroutine) const noexcept {
                ring.push(coroutine);
            }
            void await_resume() const noexcept {}
        };
        return awaiter{*this};
    }

  private:
    std::vector<std::coroutine_handle<>> slots_;
    std::size_t mask_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

}  // namespace bench::raw
