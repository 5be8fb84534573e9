#include "aio/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace lariat {
namespace {

constexpr std::size_t name_offset = offsetof(sockaddr_un, sun_path);

// Linux takes a path that leaves no room for the zero at its end; an abstract name starts with one.
constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path);
constexpr std::size_t longest_abstract_name = longest_path - 1;

std::error_code invalid() noexcept { return std::make_error_code(std::errc::invalid_argument); }

std::error_code too_long() noexcept { return std::make_error_code(std::errc::filename_too_long); }

}  // namespace

template <class Native>
address address::made_of(const Native& native, std::size_t size) noexcept {
    address made;
    std::memcpy(made.bytes_, &native, size);
    made.size_ = static_cast<std::uint16_t>(size);
    return made;
}

template <class Native>
Native address::as() const noexcept {
    Native native;
    std::memcpy(&native, bytes_, sizeof native);
    return native;
}

address address::v4(std::array<std::uint8_t, 4> octets, std::uint16_t port) noexcept {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_port = htons(port);
    std::memcpy(&native.sin_addr, octets.data(), octets.size());
    return made_of(native);
}

address address::v6(std::array<std::uint8_t, 16> octets, std::uint16_t port,
                    std::uint32_t scope) noexcept {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(port);
    native.sin6_scope_id = scope;
    std::memcpy(&native.sin6_addr, octets.data(), octets.size());
    return made_of(native);
}

address address::loopback(std::uint16_t port) noexcept { return v4({127, 0, 0, 1}, port); }

address address::loopback_v6(std::uint16_t port) noexcept {
    return v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, port);
}

address address::any(std::uint16_t port) noexcept { return v4({}, port); }

address address::any_v6(std::uint16_t port) noexcept { return v6({}, port); }

result<address> address::unix_path(std::string_view path) noexcept {
    if (path.empty() || path.find('\0') != path.npos) return invalid();
    if (path.size() > longest_path) return too_long();

    sockaddr_un native{};
    native.sun_family = AF_UNIX;
    std::ranges::copy(path, native.sun_path);
    return made_of(native, std::min(name_offset + path.size() + 1, sizeof native));
}

result<address> address::unix_abstract(std::string_view name) noexcept {
    if (name.size() > longest_abstract_name) return too_long();

    sockaddr_un native{};
    native.sun_family = AF_UNIX;
    std::ranges::copy(name, native.sun_path + 1);
    return made_of(native, name_offset + 1 + name.size());
}

address address::unix_unnamed() noexcept {
    sockaddr_un native{};
    native.sun_family = AF_UNIX;
    return made_of(native, name_offset);
}

result<address> address::from(const sockaddr* data, socklen_t size) noexcept {
    if (size == 0) return address();
    if (data == nullptr || size < sizeof(sa_family_t)) return invalid();

    // The caller's memory may be a byte array of any alignment, so it is copied, never read in
    // place. For a path without room for its zero the kernel reports one byte more than there are.
    address copy;
    const std::size_t kept = std::min<std::size_t>(size, sizeof copy.bytes_);
    std::memcpy(copy.bytes_, data, kept);

    switch (copy.family()) {
        case address_family::v4: {
            const auto native = copy.as<sockaddr_in>();
            if (size < sizeof native) return invalid();
            std::array<std::uint8_t, 4> octets;
            std::memcpy(octets.data(), &native.sin_addr, octets.size());
            return v4(octets, ntohs(native.sin_port));
        }
        case address_family::v6: {
            const auto native = copy.as<sockaddr_in6>();
            if (size < sizeof native) return invalid();
            std::array<std::uint8_t, 16> octets;
            std::memcpy(octets.data(), &native.sin6_addr, octets.size());
            return v6(octets, ntohs(native.sin6_port), native.sin6_scope_id);
        }
        case address_family::unix_domain: {
            if (size > sizeof(sockaddr_un) + 1) return invalid();
            if (kept == name_offset) return unix_unnamed();
            const auto native = copy.as<sockaddr_un>();
            const std::string_view name(native.sun_path, kept - name_offset);
            if (name.front() == '\0') return unix_abstract(name.substr(1));
            return unix_path(name.substr(0, name.find('\0')));
        }
        default:
            return std::make_error_code(std::errc::address_family_not_supported);
    }
}

address_family address::family() const noexcept { return address_family(as<sa_family_t>()); }

std::uint16_t address::port() const noexcept {
    switch (family()) {
        case address_family::v4:
            return ntohs(as<sockaddr_in>().sin_port);
        case address_family::v6:
            return ntohs(as<sockaddr_in6>().sin6_port);
        default:
            return 0;
    }
}

address address::with_port(std::uint16_t port) const noexcept {
    if (family() == address_family::v4) {
        auto native = as<sockaddr_in>();
        native.sin_port = htons(port);
        return made_of(native);
    }
    check(family() == address_family::v6, "address::with_port: this family has no ports");
    auto native = as<sockaddr_in6>();
    native.sin6_port = htons(port);
    return made_of(native);
}

std::uint32_t address::scope() const noexcept {
    return family() == address_family::v6 ? as<sockaddr_in6>().sin6_scope_id : 0;
}

bool address::is_unnamed() const noexcept {
    return family() == address_family::unix_domain && size_ == name_offset;
}

bool address::is_abstract() const noexcept {
    return family() == address_family::unix_domain && size_ > name_offset &&
           bytes_[name_offset] == std::byte(0);
}

std::string_view address::path() const noexcept {
    if (family() != address_family::unix_domain || is_unnamed() || is_abstract()) return {};
    const std::string_view name(reinterpret_cast<const char*>(bytes_) + name_offset,
                                size_ - name_offset);
    return name.substr(0, name.find('\0'));
}

std::string_view address::abstract_name() const noexcept {
    if (!is_abstract()) return {};
    return {reinterpret_cast<const char*>(bytes_) + name_offset + 1, size_ - name_offset - 1};
}

bool operator==(const address& one, const address& other) noexcept {
    return std::ranges::equal(std::span(one.bytes_, one.size_),
                              std::span(other.bytes_, other.size_));
}

}  // namespace lariat
