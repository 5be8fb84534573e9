#pragma once

#include <cstddef>
#include <string_view>

namespace http {

constexpr char to_small(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Capitals and small letters are the same.
constexpr bool same_word(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) return false;
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (to_small(one[i]) != to_small(other[i])) return false;
    }
    return true;
}

/// What names of methods and fields consist of. Source: RFC 9110, 5.6.2.
constexpr bool is_token(std::string_view text) noexcept {
    if (text.empty()) return false;
    for (const char c : text) {
        const bool letter = to_small(c) >= 'a' && to_small(c) <= 'z';
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && std::string_view("!#$%&'*+-.^_`|~").find(c) == text.npos)
            return false;
    }
    return true;
}

/// Without the blanks around it.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace http
