#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace key_value {

/// A peer decides how much it sends, never how much is allocated.
struct command_limits {
    std::size_t arguments = 1024;
    std::size_t argument = 1024 * 1024;  ///< Bytes in one.
    std::size_t total = 2 * 1024 * 1024;
    std::size_t line = 4096;  ///< Bytes in a command that is a line of words.
};

/// Reads commands as clients of the RESP2 protocol send them: arrays of bulk strings, or lines of
/// words. Works where the bytes lie, and goes on where it was when more have come.
class command_parser {
  public:
    enum class outcome {
        incomplete,  ///< More bytes are needed.
        complete,    ///< `arguments` and `size` tell of it.
        malformed,   ///< `complaint` says why. Where the next command begins nobody knows.
    };

    explicit command_parser(command_limits limits = {}) noexcept : limits_(limits) {}

    /// `bytes` begin where the command begins; after `incomplete` with the same and more of them.
    outcome parse(std::string_view bytes);

    /// The words of a complete command: its name and what follows. None when the peer sent nothing
    /// but an empty line or array, which has no answer.
    /// Lifetime: until the bytes move, or `parse` is called.
    std::span<const std::string_view> arguments() const noexcept { return arguments_; }

    /// How many bytes a complete command consists of.
    std::size_t size() const noexcept { return at_; }

    std::string_view complaint() const noexcept { return complaint_; }

  private:
    enum class phase : std::uint8_t { begin, line, array, end };
    enum class step : std::uint8_t { taken, missing, refused };

    struct part {
        std::size_t begin, size;
    };

    step begin(std::string_view bytes);
    step take_line(std::string_view bytes);
    step take_bulk(std::string_view bytes);
    step take_number(std::string_view bytes, std::size_t& at, std::int64_t& value) noexcept;
    step refuse(std::string_view why) noexcept;

    const command_limits limits_;
    phase phase_ = phase::end;
    std::size_t at_ = 0;       // Up to here it is understood.
    std::size_t scanned_ = 0;  // Up to here there is no end of the line.
    std::size_t missing_ = 0;  // Bulk strings of the array that are not whole.
    std::vector<part> parts_;
    std::vector<std::string_view> arguments_;
    std::string_view complaint_;
};

}  // namespace key_value
