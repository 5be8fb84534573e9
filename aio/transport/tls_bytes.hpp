#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "aio/buffer.hpp"

namespace lariat {

/// Bytes on their way between OpenSSL and a stream, in memory that only grows.
class tls_bytes {
  public:
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }
    std::size_t capacity() const noexcept { return capacity_; }

    const_buffer_view view() const noexcept { return {memory_.get() + begin_, size()}; }

    /// The first bytes have been dealt with. Requires: there are so many.
    void drop(std::size_t count) noexcept {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    /// Takes so many of the first bytes out.
    void take(void* into, std::size_t count) noexcept {
        std::memcpy(into, memory_.get() + begin_, count);
        drop(count);
    }

    /// Returns: where `advance` will find what follows; may be empty.
    buffer_view room() noexcept { return {memory_.get() + end_, capacity_ - end_}; }
    void advance(std::size_t count) noexcept { end_ += count; }

    /// Room for at least so many bytes after those that are there.
    /// Returns: false when there is no memory for it; then nothing has changed.
    bool reserve(std::size_t count) noexcept {
        if (count <= capacity_ - end_) return true;
        const std::size_t wanted = rounded(std::max(size() + count, capacity_ + capacity_ / 2));
        std::unique_ptr<std::byte[]> larger(new (std::nothrow) std::byte[wanted]);
        if (!larger) return false;
        if (!empty()) std::memcpy(larger.get(), memory_.get() + begin_, size());
        end_ = size();
        begin_ = 0;
        capacity_ = wanted;
        memory_ = std::move(larger);
        return true;
    }

    bool append(const void* bytes, std::size_t count) noexcept {
        if (!reserve(count)) return false;
        std::memcpy(memory_.get() + end_, bytes, count);
        end_ += count;
        return true;
    }

  private:
    static constexpr std::size_t rounded(std::size_t size) noexcept {
        constexpr std::size_t page = 4096;
        return (size + page - 1) / page * page;
    }

    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace lariat
