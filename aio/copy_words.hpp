#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

namespace lariat {

/// What a copy by words is for: a few words, all of them members. One with a gap in it was not
/// stored as one.
template <class T>
inline constexpr bool copied_by_words =
    std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T> &&
    sizeof(T) % sizeof(std::uint64_t) == 0 && sizeof(T) <= 64;

/// A bool as wide as an int: beside one it leaves no gap.
class wide_bool {
  public:
    wide_bool() = default;
    constexpr wide_bool(bool yes) noexcept : value_(yes) {}
    constexpr operator bool() const noexcept { return value_ != 0; }

  private:
    std::uint32_t value_;
};

/// Makes `to` a copy of `from`, word by word: for what was written the moment before, member by
/// member. A load that is wider than these stores, as a compiler makes it, waits until they have
/// left the processor, and all stores before them: three such loads were a third of what a read
/// takes in user space after a kernel that had emptied the caches. A word that was stored as one is
/// handed on. Source: AMD, Software Optimization Guide for the EPYC 7003, "Store to Load
/// Forwarding".
template <class T>
    requires std::copy_constructible<T>
[[gnu::always_inline]] inline void copy_words(T& to, const T& from) noexcept {
    using word = std::uint64_t;
    if constexpr (copied_by_words<T>) {
        const auto copy_one = [&](std::size_t at) {
            word part;
            std::memcpy(&part, reinterpret_cast<const std::byte*>(&from) + at, sizeof part);
            asm("" : "+r"(part));  // Or the compiler makes one wide copy of two.
            std::memcpy(reinterpret_cast<std::byte*>(&to) + at, &part, sizeof part);
        };
        [&]<std::size_t... index>(std::index_sequence<index...>) {
            (copy_one(index * sizeof(word)), ...);
        }(std::make_index_sequence<sizeof(T) / sizeof(word)>());
    } else {
        std::construct_at(&to, from);
    }
}

}  // namespace lariat
