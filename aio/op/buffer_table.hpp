#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "aio/buffer.hpp"
#include "runtime/check.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"

namespace lariat {

class buffer_table;
class ring;

/// A part of a registered buffer: how the fixed operations take one.
/// Lifetime: a view. The registered buffer stays until the operation has finished.
class fixed_view {
  public:
    constexpr fixed_view() noexcept = default;

    std::byte* data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }

    /// Returns: what an entry calls the buffer that it is a part of.
    constexpr std::uint16_t place() const noexcept { return place_; }

    /// Returns: the first `count` bytes. Requires: there are so many.
    fixed_view first(std::size_t count) const noexcept {
        check(count <= size_, "fixed_view::first: more bytes than the buffer has");
        return {data_, count, place_};
    }

    /// Returns: what follows the first `count` bytes. Requires: there are so many.
    fixed_view drop_first(std::size_t count) const noexcept {
        check(count <= size_, "fixed_view::drop_first: more bytes than the buffer has");
        return {data_ + count, size_ - count, place_};
    }

    /// Returns: how many bytes one operation can be asked to move.
    constexpr std::uint32_t transfer_size() const noexcept {
        return static_cast<std::uint32_t>(size_ < longest_transfer ? size_ : longest_transfer);
    }

  private:
    friend class registered_buffer;

    constexpr fixed_view(std::byte* data, std::size_t size, std::uint16_t place) noexcept
        : data_(data), size_(size), place_(place) {}

    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::uint16_t place_ = 0;
};

/// Memory that is in a table while this lives.
/// Lifetime: within that of the memory and of the table.
class registered_buffer {
  public:
    /// Of nothing.
    registered_buffer() noexcept = default;

    registered_buffer(registered_buffer&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), whole_(other.whole_) {}
    registered_buffer& operator=(registered_buffer&& other) noexcept {
        registered_buffer moved(std::move(other));
        std::swap(table_, moved.table_);
        std::swap(whole_, moved.whole_);
        return *this;
    }
    ~registered_buffer();

    /// All of it.
    fixed_view view() const noexcept { return whole_; }

  private:
    friend class buffer_table;

    registered_buffer(buffer_table& table, fixed_view whole) noexcept
        : table_(&table), whole_(whole) {}

    static fixed_view view_of(buffer_view memory, std::uint16_t place) noexcept {
        return {memory.data(), memory.size(), place};
    }

    buffer_table* table_ = nullptr;
    fixed_view whole_;
};

/// A ring's table of registered buffers: memory that the kernel has looked up and pinned once, so
/// that the fixed operations need not do it each time. That pays for direct I/O of small pieces.
///
/// Threads: those of one home. Lifetime: outlives its buffers. A ring has one at a time.
/// Source: io_uring_register_buffers_sparse(3), Linux 5.19.
class buffer_table {
  public:
    /// Requires: the current home has a ring.
    /// Errors: throws `std::system_error`: device_or_resource_busy when the ring has one already,
    /// invalid_argument for none or more than 16384; `std::bad_alloc`.
    explicit buffer_table(std::size_t places);
    buffer_table(const buffer_table&) = delete;
    buffer_table& operator=(const buffer_table&) = delete;

    /// Requires: nothing is registered in it.
    ~buffer_table();

    std::size_t places() const noexcept { return places_; }
    std::size_t free() const noexcept { return free_.size(); }

    /// Pins memory.
    /// Errors: no_buffer_space when the table is full; bad_address; not_enough_memory, also for
    /// RLIMIT_MEMLOCK; invalid_argument for nothing, or more than 1 GiB.
    result<registered_buffer> add(buffer_view memory) noexcept;

  private:
    friend class registered_buffer;

    void remove(std::uint16_t place) noexcept;
    int update(std::uint16_t place, buffer_view memory) noexcept;

    home& home_;
    ring& ring_;
    std::size_t places_;
    std::vector<std::uint16_t> free_;
};

inline registered_buffer::~registered_buffer() {
    if (table_) table_->remove(whole_.place());
}

}  // namespace lariat
