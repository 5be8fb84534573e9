#pragma once

#include <cstddef>
#include <memory>

#include "aio/buffer.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Bytes that were gathered and not sent yet, side by side.
class write_buffer {
  public:
    /// Has memory once there is something to gather.
    explicit write_buffer(std::size_t capacity) noexcept;

    std::size_t capacity() const noexcept { return capacity_; }
    std::size_t size() const noexcept { return last_ - first_; }
    bool full() const noexcept { return size() == capacity_; }

    /// Gathers what there is room for. Returns: how many bytes. Errors: not_enough_memory.
    result<std::size_t> put(const_buffer_view bytes) noexcept;

    /// What is to be sent, in order.
    const_buffer_view pending() const noexcept { return {memory_.get() + first_, size()}; }

    /// So many of it were sent. Requires: there are so many.
    void sent(std::size_t count) noexcept;

    void clear() noexcept { first_ = last_ = 0; }

  private:
    std::unique_ptr<std::byte[]> memory_;
    const std::size_t capacity_;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
};

}  // namespace lariat
