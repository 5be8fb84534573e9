#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "aio/op/supply.hpp"
#include "runtime/completion.hpp"
#include "runtime/home.hpp"

struct io_uring_buf_ring;

namespace lariat {

class buffer_pool;
class ring;

struct buffer_pool_options {
    /// Rounded up to a power of two; at most 32768.
    std::size_t buffers = 256;
    /// Bytes in each. Memory that was never filled costs nothing.
    std::size_t size = 4096;
    /// The kernel fills a buffer piece by piece, one message behind the other, before it takes the
    /// next: few large ones then hold many small messages. Before Linux 6.12 a piece is a buffer.
    bool incremental = false;
};

/// Bytes in a buffer of a pool, which gets it back when this is destroyed. It may outlive the
/// operation, be moved and be kept; not beyond the pool.
/// Threads: those of the pool.
class [[nodiscard]] pooled_buffer {
  public:
    /// Without a byte.
    pooled_buffer() noexcept = default;

    pooled_buffer(pooled_buffer&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          number_(other.number_) {}
    pooled_buffer& operator=(pooled_buffer&& other) noexcept {
        pooled_buffer(std::move(other)).swap(*this);
        return *this;
    }
    ~pooled_buffer() {
        if (pool_) give_back();
    }

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::byte* begin() const noexcept { return data_; }
    std::byte* end() const noexcept { return data_ + size_; }

    void swap(pooled_buffer& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(number_, other.number_);
    }

  private:
    friend class buffer_pool;

    pooled_buffer(buffer_pool& pool, std::byte* data, std::size_t size,
                  std::uint16_t number) noexcept
        : pool_(&pool), data_(data), size_(size), number_(number) {}

    void give_back() noexcept;

    buffer_pool* pool_ = nullptr;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::uint16_t number_ = 0;
};

/// Buffers that the kernel picks from when bytes have come, so that what only waits needs none:
/// `receive_pooled` and the like. One pool serves any number of operations on its ring.
///
/// Nothing is lost when it runs out: a single operation fails with no_buffer_space, a multishot one
/// goes on when a buffer is given back.
///
/// Threads: those of one home. Lifetime: outlives its operations and what they yield.
/// Source: io_uring_register_buf_ring(3), Linux 5.19; incremental Linux 6.12.
class buffer_pool final : public supply {
  public:
    /// Requires: the current home has a ring.
    /// Errors: throws `std::system_error` (not_enough_memory, also for RLIMIT_MEMLOCK;
    /// invalid_argument for none, too many, or a size of 0), `std::bad_alloc`.
    explicit buffer_pool(buffer_pool_options options = {});
    buffer_pool(const buffer_pool&) = delete;
    buffer_pool& operator=(const buffer_pool&) = delete;

    /// Requires: no operation takes from it, and nothing of it is held.
    ~buffer_pool();

    std::size_t buffers() const noexcept { return mask_ + 1U; }
    std::size_t buffer_size() const noexcept { return size_; }

    /// Buffers that the kernel may pick, as far as it has told.
    std::size_t free() const noexcept { return free_; }

    /// Whether a buffer is filled piece by piece here: asked for, and the kernel can.
    bool incremental() const noexcept { return incremental_; }

    bool complete() const noexcept override { return free_ == buffers(); }

    // What descriptions of operations call.

    /// Returns: what an entry calls it.
    std::uint16_t group() const noexcept { return group_; }

    /// An entry may take from it from now on, until it has had its last answer.
    void expect_answers() noexcept { ++users_; }

    /// Each answer of the kernel passes here once, in the order of their coming.
    void heard(completion_event& answer) noexcept;

    /// Takes the part of an answer off that is in one buffer: `answer.result` is what is left.
    completion_event next_piece(completion_event& answer) noexcept;

    /// Requires: a piece, once.
    pooled_buffer take(completion_event piece) noexcept;

  private:
    friend class pooled_buffer;

    struct buffer {
        std::uint32_t filled = 0;  // Bytes that the kernel has told of.
        std::uint32_t held = 0;    // Pieces of it that were not given back.
        std::uint16_t place = 0;   // Its place in the ring of buffers.
        bool offered = false;      // The kernel may fill it, or go on with it.
    };

    void offer(std::uint16_t number) noexcept;
    void let_go(std::uint16_t number) noexcept;

    /// Whether the kernel has that buffer next, by what it says of its ring.
    bool still_offered(std::uint16_t number) noexcept;

    std::byte* memory_of(std::uint16_t number) const noexcept { return memory_ + number * size_; }
    std::size_t mapped() const noexcept;
    void register_with_kernel();

    home& home_;
    ring& ring_;
    const std::size_t size_;
    const std::uint16_t mask_;
    bool incremental_;
    std::uint16_t group_ = 0;
    io_uring_buf_ring* offers_ = nullptr;  // Shared with the kernel; the buffers lie behind it.
    std::byte* memory_ = nullptr;
    std::unique_ptr<buffer[]> state_;
    std::size_t free_ = 0;
    std::size_t users_ = 0;
};

inline void pooled_buffer::give_back() noexcept { std::exchange(pool_, nullptr)->let_go(number_); }

}  // namespace lariat
