#include "tests/examples/http/target.hpp"

#include <algorithm>

#include "tests/examples/http/text.hpp"

namespace http {
namespace {

int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = to_small(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// The value of two hexadecimal digits; negative for what is none.
int octet_of(std::string_view digits) noexcept {
    if (digits.size() < 2) return -1;
    const int high = digit_of(digits[0]);
    const int low = digit_of(digits[1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Leaves what follows `http://host`.
bool drop_authority(std::string_view& target) noexcept {
    constexpr std::string_view scheme = "http://";
    if (!same_word(target.substr(0, scheme.size()), scheme)) return false;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    return true;
}

}  // namespace

bool read_target(std::string_view target, std::string& path) {
    path.clear();
    if (!target.starts_with('/') && !drop_authority(target)) return false;
    if (!target.starts_with('/')) path = "/";
    const std::string_view coded = target.substr(0, target.find('?'));
    for (const char c : target) {
        if (c <= ' ' || c > '~' || c == '#') return false;
    }
    for (std::size_t at = 0; at < coded.size(); ++at) {
        if (coded[at] != '%') {
            path += coded[at];
            continue;
        }
        const int octet = octet_of(coded.substr(at + 1, 2));
        if (octet <= 0) return false;  // a zero would end the path for the kernel
        path += static_cast<char>(octet);
        at += 2;
    }
    return true;
}

}  // namespace http
