#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "aio/buffer.hpp"
#include "runtime/check.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Bytes that travel as one: what message sockets send and receive. Owns them; room in front of
/// them takes the headers of protocols without a copy. Memory is recycled per thread, so that small
/// messages cost no allocation in steady state.
///
/// Threads: one at a time; copies made by `share` may be on different ones.
class message {
  public:
    /// Room that a new message has in front: the request's number, and eight hops more.
    static constexpr std::size_t usual_headroom = 40;

    /// Empty, which can be sent too.
    message() noexcept = default;

    /// So many bytes, of no particular value, for `writable` to fill.
    /// Errors: throws `std::bad_alloc`.
    explicit message(std::size_t size);

    /// A copy of these bytes, or this text. Errors: throws `std::bad_alloc`.
    explicit message(std::span<const std::byte> bytes);
    explicit message(std::string_view text);

    /// As the constructor does. Errors: not_enough_memory.
    static result<message> of_size(std::size_t size) noexcept;

    message(message&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)),
          first_(std::exchange(other.first_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}
    message& operator=(message&& other) noexcept {
        message(std::move(other)).swap(*this);
        return *this;
    }
    ~message() {
        if (block_) let_go();
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    const std::byte* data() const noexcept { return first_; }
    const_buffer_view bytes() const noexcept { return {first_, size_}; }
    std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(first_), size_};
    }

    /// The bytes, to be changed. Those that are shared are copied first.
    /// Errors: throws `std::bad_alloc`, only if they are shared.
    buffer_view writable();

    /// Another message of the same bytes, which stay where they are until either changes them.
    message share() const noexcept;

    /// Forgets the first `count` bytes; the room in front grows. Requires: there are so many.
    void drop_front(std::size_t count) noexcept {
        check(count <= size_, "message: more bytes dropped than it has");
        first_ += count;
        size_ -= count;
    }

    /// Puts bytes in front, into the room that is there, or else into a larger copy.
    /// Errors: throws `std::bad_alloc`; the message is as it was.
    void push_front(std::span<const std::byte> bytes);

    void swap(message& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(first_, other.first_);
        std::swap(size_, other.size_);
    }

  private:
    /// What is allocated: this, and the bytes behind it.
    struct block {
        std::atomic<std::size_t> owners{1};
        std::size_t size;  // Of all, this included.

        std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    };

    static block* allocate(std::size_t room);

    message(block* owned, std::byte* first, std::size_t size) noexcept
        : block_(owned), first_(first), size_(size) {}

    bool shared() const noexcept { return block_->owners.load(std::memory_order_acquire) != 1; }
    message copy(std::size_t headroom) const;
    void let_go() noexcept;

    block* block_ = nullptr;
    std::byte* first_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace lariat
