#include "aio/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <ostream>

namespace lariat {
namespace {

constexpr std::string_view unix_prefix = "unix:";

std::error_code no_address() noexcept { return std::make_error_code(std::errc::invalid_argument); }

// A number as it would be printed: digits only, and no zero in front.
template <class Number>
std::optional<Number> number_in(std::string_view text) noexcept {
    Number value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return value;
}

// inet_pton and if_nametoindex want a zero at the end, and would take one in the middle for it.
template <std::size_t Size>
bool terminate(std::string_view text, char (&copy)[Size]) noexcept {
    if (text.size() >= Size || text.find('\0') != text.npos) return false;
    std::ranges::copy(text, copy);
    copy[text.size()] = '\0';
    return true;
}

template <std::size_t Size>
bool read_octets(int family, std::string_view text, std::array<std::uint8_t, Size>& octets) {
    char copy[INET6_ADDRSTRLEN];
    return terminate(text, copy) && ::inet_pton(family, copy, octets.data()) == 1;
}

result<std::uint32_t> read_scope(std::string_view text) noexcept {
    if (const auto index = number_in<std::uint32_t>(text)) {
        if (*index == 0) return no_address();
        return *index;
    }
    char name[IF_NAMESIZE];
    if (text.empty() || !terminate(text, name)) return no_address();
    if (const std::uint32_t index = ::if_nametoindex(name)) return index;
    return std::make_error_code(std::errc::no_such_device);
}

result<address> read_v4(std::string_view text) noexcept {
    const auto colon = text.find(':');
    if (colon == text.npos) return no_address();
    const auto port = number_in<std::uint16_t>(text.substr(colon + 1));
    std::array<std::uint8_t, 4> octets;
    if (!port || !read_octets(AF_INET, text.substr(0, colon), octets)) return no_address();
    return address::v4(octets, *port);
}

result<address> read_v6(std::string_view text) noexcept {
    const auto bracket = text.find("]:");
    if (bracket == text.npos) return no_address();
    const auto port = number_in<std::uint16_t>(text.substr(bracket + 2));
    const auto host = text.substr(1, bracket - 1);
    const auto percent = host.find('%');
    std::array<std::uint8_t, 16> octets;
    if (!port || !read_octets(AF_INET6, host.substr(0, percent), octets)) return no_address();
    if (percent == host.npos) return address::v6(octets, *port);

    const auto scope = read_scope(host.substr(percent + 1));
    if (!scope) return scope.error();
    return address::v6(octets, *port, *scope);
}

// Replaces each %41 by its byte. What does not fit is cut at one byte more than a path may have, so
// that the one who makes the address refuses it.
struct decoded_name {
    char bytes[sizeof(sockaddr_un::sun_path) + 1];
    std::size_t size = 0;

    bool decode(std::string_view text) noexcept {
        while (!text.empty()) {
            char byte = text.front();
            text.remove_prefix(1);
            if (byte == '\0') return false;
            if (byte == '%') {
                std::uint8_t value = 0;
                const char* end = text.data() + 2;
                if (text.size() < 2) return false;
                const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
                if (error != std::errc() || stop != end) return false;
                byte = static_cast<char>(value);
                text.remove_prefix(2);
            }
            if (size < sizeof bytes) bytes[size++] = byte;
        }
        return true;
    }

    std::string_view view() const noexcept { return {bytes, size}; }
};

result<address> read_unix(std::string_view text) noexcept {
    const bool abstract = text.starts_with('@');
    if (abstract) text.remove_prefix(1);
    decoded_name name;
    if (!name.decode(text)) return no_address();
    return abstract ? address::unix_abstract(name.view()) : address::unix_path(name.view());
}

void append_name(std::string& text, std::string_view name) {
    static constexpr char digits[] = "0123456789abcdef";
    for (const char byte : name) {
        const auto value = static_cast<unsigned char>(byte);
        if (value >= 0x20 && value != 0x7f && byte != '%') {
            text += byte;
            continue;
        }
        text += '%';
        text += digits[value >> 4];
        text += digits[value & 15];
    }
}

std::string unix_text(const address& where) {
    std::string text(unix_prefix);
    if (where.is_abstract()) {
        text += '@';
        append_name(text, where.abstract_name());
        return text;
    }
    auto path = where.path();
    if (path.starts_with('@')) {
        text += "%40";
        path.remove_prefix(1);
    }
    append_name(text, path);
    return text;
}

}  // namespace

result<address> address::parse(std::string_view text) noexcept {
    if (text.starts_with(unix_prefix)) return read_unix(text.substr(unix_prefix.size()));
    if (text.starts_with('[')) return read_v6(text);
    return read_v4(text);
}

std::string to_string(const address& where) {
    char host[INET6_ADDRSTRLEN];
    const auto port = ':' + std::to_string(where.port());
    switch (where.family()) {
        case address_family::v4: {
            const auto* native = reinterpret_cast<const sockaddr_in*>(where.data());
            return ::inet_ntop(AF_INET, &native->sin_addr, host, sizeof host) + port;
        }
        case address_family::v6: {
            const auto* native = reinterpret_cast<const sockaddr_in6*>(where.data());
            std::string text = "[";
            text += ::inet_ntop(AF_INET6, &native->sin6_addr, host, sizeof host);
            if (where.scope() != 0) text += '%' + std::to_string(where.scope());
            return text + ']' + port;
        }
        case address_family::unix_domain:
            return unix_text(where);
        default:
            return "unspecified";
    }
}

std::ostream& operator<<(std::ostream& out, const address& where) {
    return out << to_string(where);
}

}  // namespace lariat
