#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "aio/sp/message.hpp"

namespace lariat {

inline constexpr std::size_t word_size = 4;

/// Set in the last word of a trace: the number of the request. The words before it say which way
/// the request has come through devices.
inline constexpr std::uint32_t last_word = 0x80000000;

std::array<std::byte, word_size> word_bytes(std::uint32_t word) noexcept;

/// Returns: the word that a message begins with, if it is long enough.
std::optional<std::uint32_t> first_word(const message& what) noexcept;

/// The way back to who asked: what a reply carries in front, as it came.
class reply_trace {
  public:
    /// Of how many words a trace may consist.
    static constexpr std::size_t longest = 16;

    reply_trace() noexcept = default;

    enum class found : std::uint8_t {
        whole,     ///< It is there.
        too_long,  ///< More words than `most`: the request goes round in circles.
        torn,      ///< The message ends before its trace does.
    };

    /// Looks for a trace in front of a request. Requires: `most` is at most `longest`.
    static found look(const message& request, std::size_t most) noexcept;

    /// Takes the trace off the front of a request. Requires: it was found whole.
    static reply_trace take(message& request) noexcept;

    std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), size_}; }

  private:
    std::array<std::byte, longest * word_size> bytes_;
    std::size_t size_ = 0;
};

}  // namespace lariat
