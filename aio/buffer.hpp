#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <type_traits>

#include "runtime/check.hpp"

struct iovec;

namespace lariat {

class buffer_view;
class const_buffer_view;

/// The most one operation of the kernel moves; the rest of a longer buffer is left for the next.
/// Source: read(2), write(2).
inline constexpr std::size_t longest_transfer = 0x7ffff000;

/// What a buffer may consist of: values whose bytes are the data. Pointers and views are trivially
/// copyable too, but sending a list of buffers as if it were one would send their addresses.
template <class T>
concept buffer_element =
    std::is_trivially_copyable_v<T> && !std::is_volatile_v<T> && !std::is_pointer_v<T> &&
    !std::ranges::enable_borrowed_range<T> && !std::same_as<T, iovec>;

/// A range whose elements lie side by side in memory: array, span, vector, string, string_view.
template <class Range>
concept memory_range =
    std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
    buffer_element<std::remove_cvref_t<std::ranges::range_reference_t<Range>>> &&
    !std::is_volatile_v<std::remove_reference_t<std::ranges::range_reference_t<Range>>>;

template <class Range>
concept read_only_range =
    memory_range<Range> &&
    std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<Range>>>;

/// A range that owns its memory and is about to die.
template <class Range>
concept dying_range = memory_range<Range> && !std::ranges::borrowed_range<Range>;

template <class T>
concept character = std::same_as<T, char> || std::same_as<T, char8_t> || std::same_as<T, wchar_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <class Range>
inline constexpr bool is_text_array = false;
template <character Char, std::size_t Size>
inline constexpr bool is_text_array<const Char (&)[Size]> = true;

/// Memory that an operation fills. Made from any writable contiguous range, without a cast; laid
/// out as `struct iovec`, so that an array of them goes to the kernel as it is.
/// Lifetime: a view. The memory stays the kernel's until the operation has finished.
class buffer_view {
  public:
    constexpr buffer_view() noexcept = default;

    /// `size` counts bytes, whatever the pointer points to.
    buffer_view(void* data, std::size_t size) noexcept : data_(data), size_(size) {
        check(data != nullptr || size == 0, "buffer_view: no memory, but a size above 0");
    }

    template <memory_range Range>
        requires(!read_only_range<Range> && !dying_range<Range> &&
                 !std::same_as<std::remove_cvref_t<Range>, buffer_view>)
    buffer_view(Range&& range) noexcept
        : data_(std::to_address(std::ranges::begin(range))),
          size_(std::ranges::size(range) * sizeof(*std::ranges::begin(range))) {}

    // The compiler quotes these lines, with their reasons.
    template <read_only_range Range>
    buffer_view(Range&&) = delete;  // the operation fills its buffer, but this range is read-only
    template <dying_range Range>
        requires(!read_only_range<Range>)
    buffer_view(Range&&) = delete;  // the range is a temporary: the kernel would fill freed memory

    std::byte* data() const noexcept { return static_cast<std::byte*>(data_); }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    std::byte* begin() const noexcept { return data(); }
    std::byte* end() const noexcept { return data() + size_; }

    /// Returns: the first `count` bytes. Requires: there are so many.
    buffer_view first(std::size_t count) const noexcept {
        check(count <= size_, "buffer_view::first: more bytes than the buffer has");
        return {data(), count};
    }

    /// Returns: what follows the first `count` bytes. Requires: there are so many.
    buffer_view drop_first(std::size_t count) const noexcept {
        check(count <= size_, "buffer_view::drop_first: more bytes than the buffer has");
        return {data() + count, size_ - count};
    }

    /// Returns: how many bytes one operation can be asked to move; an entry counts in 32 bits.
    constexpr std::uint32_t transfer_size() const noexcept {
        return static_cast<std::uint32_t>(std::min(size_, longest_transfer));
    }

  private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Memory that an operation reads. Made from whatever `buffer_view` is made from, and from what is
/// read-only. Laid out as `struct iovec`.
/// Lifetime: a view. The memory must stay as it is until the operation has finished.
class const_buffer_view {
  public:
    constexpr const_buffer_view() noexcept = default;

    /// `size` counts bytes, whatever the pointer points to.
    const_buffer_view(const void* data, std::size_t size) noexcept : data_(data), size_(size) {
        check(data != nullptr || size == 0, "const_buffer_view: no memory, but a size above 0");
    }

    template <memory_range Range>
        requires(!dying_range<Range> && !is_text_array<Range> &&
                 !std::same_as<std::remove_cvref_t<Range>, const_buffer_view>)
    const_buffer_view(Range&& range) noexcept
        : data_(std::to_address(std::ranges::begin(range))),
          size_(std::ranges::size(range) * sizeof(*std::ranges::begin(range))) {}

    /// A string literal, without the zero that ends it. An array of constant characters that is
    /// data and may end in 0 goes through `std::span`.
    template <character Char, std::size_t Size>
    const_buffer_view(const Char (&text)[Size]) noexcept
        : data_(text), size_((text[Size - 1] == Char() ? Size - 1 : Size) * sizeof(Char)) {}

    // The compiler quotes this line, with its reason.
    template <dying_range Range>
    const_buffer_view(Range&&) = delete;  // the range is a temporary: freed before it is read

    const std::byte* data() const noexcept { return static_cast<const std::byte*>(data_); }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    const std::byte* begin() const noexcept { return data(); }
    const std::byte* end() const noexcept { return data() + size_; }

    /// Returns: the first `count` bytes. Requires: there are so many.
    const_buffer_view first(std::size_t count) const noexcept {
        check(count <= size_, "const_buffer_view::first: more bytes than the buffer has");
        return {data(), count};
    }

    /// Returns: what follows the first `count` bytes. Requires: there are so many.
    const_buffer_view drop_first(std::size_t count) const noexcept {
        check(count <= size_, "const_buffer_view::drop_first: more bytes than the buffer has");
        return {data() + count, size_ - count};
    }

    /// Returns: how many bytes one operation can be asked to move; an entry counts in 32 bits.
    constexpr std::uint32_t transfer_size() const noexcept {
        return static_cast<std::uint32_t>(std::min(size_, longest_transfer));
    }

  private:
    const void* data_ = nullptr;
    std::size_t size_ = 0;
};

static_assert(std::is_trivially_copyable_v<buffer_view>);
static_assert(std::is_trivially_destructible_v<buffer_view>);
static_assert(std::is_trivially_copyable_v<const_buffer_view>);
static_assert(std::is_trivially_destructible_v<const_buffer_view>);

}  // namespace lariat

// The iterators are pointers and outlive the view: with this, a view turns into a std::span.
template <>
inline constexpr bool std::ranges::enable_borrowed_range<lariat::buffer_view> = true;
template <>
inline constexpr bool std::ranges::enable_borrowed_range<lariat::const_buffer_view> = true;
