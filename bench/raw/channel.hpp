#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>
#include <vector>

#include "bench/raw/ready_ring.hpp"

namespace bench::raw {

/// The least that a channel between one sender and one receiver can be: a ring of numbers, and the
/// handle of whoever waits. No cancel, no close, no checks.
class channel {
  public:
    /// Requires: a power of two.
    channel(ready_ring& ready, std::size_t capacity)
        : ready_(ready), slots_(capacity), mask_(capacity - 1) {}

    auto send(long value) noexcept {
        struct awaiter {
            channel& to;
            long value;
            bool await_ready() const noexcept { return to.size() <= to.mask_; }
            void await_suspend(std::coroutine_handle<> coroutine) const noexcept {
                to.sender_ = coroutine;
            }
            void await_resume() const noexcept {
                to.slots_[to.tail_++ & to.mask_] = value;
                to.wake(to.receiver_);
            }
        };
        return awaiter{*this, value};
    }

    auto receive() noexcept {
        struct awaiter {
            channel& from;
            bool await_ready() const noexcept { return from.size() > 0; }
            void await_suspend(std::coroutine_handle<> coroutine) const noexcept {
                from.receiver_ = coroutine;
            }
            long await_resume() const noexcept {
                const long value = from.slots_[from.head_++ & from.mask_];
                from.wake(from.sender_);
                return value;
            }
        };
        return awaiter{*this};
    }

  private:
    std::size_t size() const noexcept { return tail_ - head_; }
    void wake(std::coroutine_handle<>& whom) noexcept {
        if (whom) ready_.push(std::exchange(whom, nullptr));
    }

    ready_ring& ready_;
    std::vector<long> slots_;
    std::size_t mask_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::coroutine_handle<> sender_;
    std::coroutine_handle<> receiver_;
};

}  // namespace bench::raw
