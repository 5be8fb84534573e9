#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace key_value {

/// Writes answers of the RESP2 protocol, one behind the other, into text that is sent at once.
class reply_writer {
  public:
    explicit reply_writer(std::string& out) noexcept : out_(out) {}

    /// A word without an end of line in it.
    void simple(std::string_view word) { line('+', word); }

    /// Any bytes.
    void bulk(std::string_view bytes) {
        number('$', static_cast<std::int64_t>(bytes.size()));
        out_.append(bytes).append("\r\n");
    }

    void nothing() { out_.append("$-1\r\n"); }
    void integer(std::int64_t value) { number(':', value); }
    void array(std::size_t size) { number('*', static_cast<std::int64_t>(size)); }

    /// A sentence without an end of line in it; by custom it begins with a word in capitals.
    void error(std::string_view sentence) { line('-', sentence); }

  private:
    void line(char kind, std::string_view text) {
        out_.push_back(kind);
        out_.append(text).append("\r\n");
    }

    void number(char kind, std::int64_t value) {
        char digits[24] = {kind};
        char* const end = std::to_chars(digits + 1, digits + 22, value).ptr;
        end[0] = '\r';
        end[1] = '\n';
        out_.append(digits, end + 2);
    }

    std::string& out_;
};

}  // namespace key_value
