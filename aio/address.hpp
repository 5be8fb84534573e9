#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>

#include "runtime/result.hpp"

namespace lariat {

/// The kernel's numbers, for socket(2). Not `unix`: GCC predefines that word as a macro.
enum class address_family : sa_family_t {
    unspecified = AF_UNSPEC,
    v4 = AF_INET,
    v6 = AF_INET6,
    unix_domain = AF_UNIX,
};

/// Where a socket is: IPv4 or IPv6 address and port, or the name of a unix domain socket. A value
/// without ownership; comparing compares what it names.
class address {
  public:
    /// Names nothing: the family is unspecified, the size 0.
    address() noexcept = default;

    /// Reads one of:
    ///
    ///     127.0.0.1:80  [::1]:80  [fe80::1%eth0]:80  [fe80::1%2]:80
    ///     unix:/run/x.sock  unix:x.sock  unix:@abstract
    ///
    /// Nothing is guessed or looked up but the index of an interface: no host names, no short
    /// forms, no spaces, no signs, no leading zeros, and the port must be there. In a unix name
    /// `%41` stands for the byte 0x41; so a `%` is written `%25`, and a path that starts with `@`,
    /// `%40`. Errors: invalid_argument; filename_too_long; no_such_device for an unknown interface.
    static result<address> parse(std::string_view text) noexcept;

    /// Copies what the kernel or a resolver gave. Flow information is dropped. Size 0 makes an
    /// address that names nothing, as the kernel gives for a peer without one.
    /// Errors: invalid_argument for a size that does not fit its family;
    /// address_family_not_supported.
    static result<address> from(const sockaddr* data, socklen_t size) noexcept;

    /// The octets as they are written and sent, highest first.
    static address v4(std::array<std::uint8_t, 4> octets, std::uint16_t port) noexcept;
    static address v6(std::array<std::uint8_t, 16> octets, std::uint16_t port,
                      std::uint32_t scope = 0) noexcept;

    static address loopback(std::uint16_t port) noexcept;     ///< 127.0.0.1
    static address loopback_v6(std::uint16_t port) noexcept;  ///< ::1
    static address any(std::uint16_t port) noexcept;          ///< 0.0.0.0
    static address any_v6(std::uint16_t port) noexcept;       ///< ::

    /// Errors: invalid_argument if the path is empty or holds a zero byte; filename_too_long above
    /// 108 bytes.
    /// Source: unix(7).
    static result<address> unix_path(std::string_view path) noexcept;

    /// A name outside of the file system, gone with its last socket. Any byte may be in it.
    /// Errors: filename_too_long above 107 bytes.
    static result<address> unix_abstract(std::string_view name) noexcept;

    /// What a unix socket has before it is bound, and each end of a pair.
    static address unix_unnamed() noexcept;

    address_family family() const noexcept;

    /// Returns: the port; 0 for a family without ports.
    std::uint16_t port() const noexcept;

    /// Requires: IPv4 or IPv6.
    address with_port(std::uint16_t port) const noexcept;

    /// Returns: the index of the interface that a link-local IPv6 address belongs to; 0 for none.
    std::uint32_t scope() const noexcept;

    bool is_unnamed() const noexcept;
    bool is_abstract() const noexcept;

    /// Returns: the path of a unix socket; empty if it has none.
    /// Lifetime: a view into this address.
    std::string_view path() const noexcept;

    /// Returns: the name without its leading zero byte; empty if this is not an abstract address.
    /// Lifetime: a view into this address.
    std::string_view abstract_name() const noexcept;

    /// The socket address as the kernel takes it.
    const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(bytes_); }
    socklen_t size() const noexcept { return size_; }

    friend bool operator==(const address& one, const address& other) noexcept;

  private:
    template <class Native>
    static address made_of(const Native& native, std::size_t size = sizeof(Native)) noexcept;
    template <class Native>
    Native as() const noexcept;

    alignas(sockaddr_in6) std::byte bytes_[sizeof(sockaddr_un)] = {};
    std::uint16_t size_ = 0;
};

static_assert(std::is_trivially_copyable_v<address>);
static_assert(std::is_trivially_destructible_v<address>);
static_assert(sizeof(address) == 112);

/// Returns: what `parse` reads back as the same address; scopes are printed as numbers. An address
/// that names no place prints as `unspecified` or `unix:`, which `parse` refuses.
std::string to_string(const address& where);
std::ostream& operator<<(std::ostream& out, const address& where);

}  // namespace lariat
