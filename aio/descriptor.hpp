#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Owns an open file, socket, pipe or the like, and closes it. Empty when it owns none.
/// Lifetime: what still waits on it must have finished before it is closed. Closing does not
/// cancel: a pending receive would go on and swallow data, and the number may by then name another
/// file.
class descriptor {
  public:
    descriptor() noexcept = default;

    /// Takes over a number that the caller owns.
    /// Requires: an open descriptor, or -1, which makes an empty one.
    static descriptor adopt(int number) noexcept;

    descriptor(descriptor&& other) noexcept : number_(other.release()) {}
    descriptor& operator=(descriptor&& other) noexcept {
        descriptor(std::move(other)).swap(*this);
        return *this;
    }
    ~descriptor() {
        if (number_ >= 0) dispose();
    }

    /// Closes now, and tells how that went; the destructor does not tell. Empty afterwards,
    /// whatever the result: Linux frees the number before close(2) can fail, so it must not be
    /// closed again. Errors: what a write that the kernel had put off met: io_error,
    /// no_space_on_device. Source: close(2).
    result<void> close() noexcept;

    /// Gives up ownership. Returns: the number, which the caller now closes; -1 if it was empty.
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

    /// Returns: the number, for system calls of one's own; -1 when empty.
    int number() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

    /// An index in the ring's own table of files instead of a number of the process.
    bool is_direct() const noexcept { return false; }

    void swap(descriptor& other) noexcept { std::swap(number_, other.number_); }
    friend void swap(descriptor& one, descriptor& other) noexcept { one.swap(other); }

  private:
    explicit descriptor(int number) noexcept : number_(number) {}

    void dispose() noexcept;

    int number_ = -1;
};

/// How operations take a descriptor: made from a `descriptor`, or from an int that someone else
/// closes. Trivial, so that a description may hold it.
/// Lifetime: a reference. The descriptor stays open until the operation has finished.
class descriptor_ref {
  public:
    constexpr descriptor_ref() noexcept = default;

    // Only int: a bool, a size or a result's truth is not a descriptor.
    template <std::same_as<int> Number>
    constexpr descriptor_ref(Number number) noexcept : number_(number) {}

    descriptor_ref(const descriptor& owner) noexcept
        : number_(owner.number()), direct_(owner.is_direct()) {}
    descriptor_ref(const descriptor&&) = delete;  // a temporary: closed before the operation ends

    /// Returns: the number, or the index of a direct descriptor; -1 when it refers to none.
    constexpr int number() const noexcept { return number_; }
    constexpr bool is_direct() const noexcept { return direct_; }
    constexpr explicit operator bool() const noexcept { return number_ >= 0; }

    friend bool operator==(descriptor_ref, descriptor_ref) noexcept = default;

  private:
    int number_ = -1;
    bool direct_ = false;
};

static_assert(std::is_trivially_copyable_v<descriptor_ref>);
static_assert(std::is_trivially_destructible_v<descriptor_ref>);

}  // namespace lariat
