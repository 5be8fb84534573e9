#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/result.hpp"

namespace lariat {

class direct_table;

/// Owns an open file, socket, pipe or the like, and closes it. Empty when it owns none. The same
/// type for both kinds: a number of the process, or a place in a `direct_table`.
/// Lifetime: what still waits on it must have finished before it is closed. Closing does not
/// cancel: a pending receive would go on and swallow data, and the number may by then name another
/// file.
class descriptor {
  public:
    descriptor() noexcept = default;

    /// Takes over a number that the caller owns.
    /// Requires: an open descriptor, or -1, which makes an empty one.
    static descriptor adopt(int number) noexcept;

    /// Takes over a place in a table. Lifetime: the table outlives it.
    static descriptor adopt(direct_table& table, int place) noexcept;

    descriptor(descriptor&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), number_(std::exchange(other.number_, -1)) {}
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
    /// no_space_on_device. A direct one is closed with the ring's next batch, and does not tell.
    /// Source: close(2).
    result<void> close() noexcept;

    /// Gives up ownership. Returns: the number, which the caller now closes; -1 if it was empty.
    /// Requires: not a direct one, whose place nobody could give back.
    [[nodiscard]] int release() noexcept {
        check(!table_, "descriptor::release: a direct descriptor has no number");
        return std::exchange(number_, -1);
    }

    /// Returns: the number, for system calls of one's own; -1 when empty, or direct.
    int number() const noexcept { return table_ ? -1 : number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

    /// A place in the ring's own table of files instead of a number of the process.
    bool is_direct() const noexcept { return table_ != nullptr; }

    void swap(descriptor& other) noexcept {
        std::swap(table_, other.table_);
        std::swap(number_, other.number_);
    }
    friend void swap(descriptor& one, descriptor& other) noexcept { one.swap(other); }

  private:
    friend class descriptor_ref;
    friend class ring_send;

    /// A direct one becomes empty, and its place stays open: `adopt` takes it over again.
    void detach() noexcept;

    explicit descriptor(int number, direct_table* table = nullptr) noexcept
        : table_(table), number_(number) {}

    void dispose() noexcept;

    direct_table* table_ = nullptr;
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
    constexpr descriptor_ref(Number number) noexcept : word_(word_of(number)) {}

    descriptor_ref(const descriptor& owner) noexcept
        : word_(word_of(owner.number_, owner.is_direct())) {}
    descriptor_ref(const descriptor&&) = delete;  // a temporary: closed before the operation ends

    /// Returns: the number, or the place of a direct descriptor; -1 when it refers to none.
    constexpr int number() const noexcept {
        return static_cast<int>(static_cast<std::uint32_t>(word_));
    }
    constexpr bool is_direct() const noexcept { return word_ & direct; }

    /// Returns: the flags of an entry that names it.
    constexpr std::uint8_t entry_flags() const noexcept { return is_direct(); }  // IOSQE_FIXED_FILE

    /// Returns: the number in this process, for what takes no other: -1, which the kernel refuses,
    /// for a direct one.
    constexpr int process_number() const noexcept { return is_direct() ? -1 : number(); }
    constexpr explicit operator bool() const noexcept { return number() >= 0; }

    friend bool operator==(descriptor_ref, descriptor_ref) noexcept = default;

  private:
    static constexpr std::uint64_t direct = std::uint64_t{1} << 32;

    static constexpr std::uint64_t word_of(int number, bool is_direct = false) noexcept {
        return static_cast<std::uint32_t>(number) | (is_direct ? direct : 0);
    }

    // The number and whether it is a place, in one word: see `copy_words`.
    std::uint64_t word_ = word_of(-1);
};

static_assert(std::is_trivially_copyable_v<descriptor_ref>);
static_assert(std::is_trivially_destructible_v<descriptor_ref>);

}  // namespace lariat
