#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "aio/descriptor.hpp"
#include "aio/op/card_queue.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/remedy.hpp"
#include "aio/op/supply.hpp"

namespace lariat {

class zero_copy_pool;

/// Bytes where the card, or the kernel for it, put them. The card gets the memory back when this is
/// destroyed. It may be moved and be kept; not beyond the pool.
/// Threads: those of the pool.
class [[nodiscard]] zero_copy_buffer {
  public:
    /// Without a byte.
    zero_copy_buffer() noexcept = default;

    zero_copy_buffer(zero_copy_buffer&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}
    zero_copy_buffer& operator=(zero_copy_buffer&& other) noexcept {
        zero_copy_buffer(std::move(other)).swap(*this);
        return *this;
    }
    ~zero_copy_buffer() {
        if (pool_) give_back();
    }

    const std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const std::byte* begin() const noexcept { return data_; }
    const std::byte* end() const noexcept { return data_ + size_; }

    void swap(zero_copy_buffer& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
    }

  private:
    friend class zero_copy_pool;

    zero_copy_buffer(zero_copy_pool& pool, const std::byte* data, std::size_t size) noexcept
        : pool_(&pool), data_(data), size_(size) {}

    void give_back() noexcept;

    zero_copy_pool* pool_ = nullptr;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Memory that one receive queue of a network card writes into. Connections whose packets are
/// steered to that queue are read without a copy; other packets are copied into it.
///
/// Threads: those of one home. Lifetime: outlives its operations and what they yield; the card's
/// queue is free again only when the ring has ended.
/// Source: Documentation/networking/iou-zcrx.rst, Linux 6.15.
class zero_copy_pool final : public supply {
  public:
    /// Requires: the current home has a ring.
    /// Errors: throws `std::system_error` as `card_queue::register_with`; `std::bad_alloc`.
    explicit zero_copy_pool(const zero_copy_options& options);

    /// Over a queue that was made before.
    explicit zero_copy_pool(card_queue queue);
    zero_copy_pool(const zero_copy_pool&) = delete;
    zero_copy_pool& operator=(const zero_copy_pool&) = delete;

    /// Requires: no operation takes from it, and nothing of it is held.
    ~zero_copy_pool();

    std::size_t size() const noexcept { return queue_.memory().size(); }

    /// Buffers that were not given back.
    std::size_t held() const noexcept { return held_; }

    bool complete() const noexcept override { return held_ == 0; }

    // What descriptions of operations call.

    std::uint32_t number() const noexcept { return queue_.number(); }
    void expect_answers() noexcept { ++users_; }
    void heard(completion_event& answer) noexcept;
    completion_event next_piece(completion_event& answer) noexcept;
    zero_copy_buffer take(completion_event piece) noexcept;

  private:
    friend class zero_copy_buffer;

    void let_go(const std::byte* data, std::size_t size) noexcept;
    void give_back_late() noexcept;

    home& home_;
    ring& ring_;
    card_queue queue_;
    // How often each page goes back once the kernel has room to hear of it.
    std::unique_ptr<std::uint32_t[]> late_;
    std::size_t late_count_ = 0;
    std::size_t held_ = 0;
    std::size_t users_ = 0;
};

inline void zero_copy_buffer::give_back() noexcept {
    std::exchange(pool_, nullptr)->let_go(data_, size_);
}

/// Receives from a TCP connection into memory of the card's: `multishot<receive_zero_copy>`.
/// Returns: bytes, where they are.
/// Errors: end_of_stream when the peer closed its side; invalid_argument for what is no TCP
/// connection; else those of `receive`. Without memory it tries again after a pause.
/// Cancel: what came is delivered first.
/// Source: io_uring_prep_recv_zc(3), Linux 6.15.
struct receive_zero_copy {
    static constexpr const char* name = "receive_zero_copy";
    static constexpr kernel_version multishot_since{6, 15};
    static constexpr bool only_multishot = true;

    descriptor_ref socket;
    zero_copy_pool& pool;

    void prepare(io_uring_sqe& entry) const noexcept { prepare_multishot(entry); }
    void prepare_multishot(io_uring_sqe& entry) const noexcept;
    static remedy remedy_for(std::error_code why) noexcept;
    static bool is_end(completion_event event) noexcept { return event.result == 0; }
    zero_copy_buffer value(completion_event event) const noexcept { return pool.take(event); }
};

}  // namespace lariat
