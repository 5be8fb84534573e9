#include "bench/report/plain.hpp"

#include <algorithm>

namespace bench {
namespace {

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Returns: how many bytes the character has that begins there, in UTF-8; 0 where none does.
std::size_t length_of(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text[0]);
    std::size_t length = 1;
    if (first >= 0x80) length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first >= 0xf5 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text[i])) return 0;
    }
    return length;
}

/// Those of ASCII, and those that ISO 8859 added.
bool is_control(std::string_view character) noexcept {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string shown;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = length_of(text.substr(at));
        const std::string_view character = text.substr(at, length);
        if (length == 0 || is_control(character))
            shown += ' ';
        else
            shown += character;
        at += std::max<std::size_t>(length, 1);
    }
    return shown;
}

std::string padded(std::string_view text, std::size_t columns) {
    std::string shown = printable(text);
    shown.resize(std::max(shown.size(), columns), ' ');
    return shown;
}

}  // namespace bench
