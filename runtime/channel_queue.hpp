#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace lariat {

/// Values in the order in which they came, in memory that only grows.
template <class T>
class channel_queue {
    static_assert(std::is_nothrow_move_constructible_v<T>);

  public:
    channel_queue() = default;
    channel_queue(const channel_queue&) = delete;
    channel_queue& operator=(const channel_queue&) = delete;
    ~channel_queue() {
        while (size_ > 0) std::ignore = pop();
        if (slots_) std::allocator<T>().deallocate(slots_, room_);
    }

    std::size_t size() const noexcept { return size_; }

    /// Returns: whether one more takes no memory.
    bool has_room() const noexcept { return size_ < room_; }

    /// Errors: throws `std::bad_alloc`.
    void reserve(std::size_t count) {
        if (count > room_) move_to(std::bit_ceil(count));
    }

    /// Returns: false without memory for it; then it was not moved from.
    bool push(T&& value) noexcept {
        if (size_ == room_ && !grow()) [[unlikely]]
            return false;
        std::construct_at(slots_ + ((first_ + size_) & (room_ - 1)), std::move(value));
        ++size_;
        return true;
    }

    /// Requires: not empty.
    T& front() noexcept { return slots_[first_]; }
    const T& front() const noexcept { return slots_[first_]; }

    /// Requires: not empty.
    T pop() noexcept {
        T* const slot = slots_ + first_;
        T value = std::move(*slot);
        std::destroy_at(slot);
        first_ = (first_ + 1) & (room_ - 1);
        --size_;
        return value;
    }

    void swap(channel_queue& other) noexcept {
        std::swap(slots_, other.slots_);
        std::swap(room_, other.room_);
        std::swap(first_, other.first_);
        std::swap(size_, other.size_);
    }

  private:
    bool grow() noexcept {
        try {
            move_to(room_ == 0 ? 4 : 2 * room_);
            return true;
        } catch (const std::bad_alloc&) {
            return false;
        }
    }

    void move_to(std::size_t room) {
        T* const larger = std::allocator<T>().allocate(room);
        const std::size_t count = size_;
        for (std::size_t i = 0; i < count; ++i) std::construct_at(larger + i, pop());
        if (slots_) std::allocator<T>().deallocate(slots_, room_);
        slots_ = larger;
        room_ = room;
        first_ = 0;
        size_ = count;
    }

    T* slots_ = nullptr;
    std::size_t room_ = 0;  // A power of two, or nothing.
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace lariat
