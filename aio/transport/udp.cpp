#include "aio/transport/udp.hpp"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace lariat {
namespace {

result<void> outcome_of(int status) noexcept {
    if (status < 0) return kernel_error(errno);
    return {};
}

template <class Value>
result<void> set(descriptor_ref socket, int level, int option, const Value& value) noexcept {
    return outcome_of(::setsockopt(socket.process_number(), level, option, &value, sizeof value));
}

result<address> address_by(int (*ask)(int, sockaddr*, socklen_t*), descriptor_ref socket) noexcept {
    address_storage storage;
    auto* const bytes = reinterpret_cast<sockaddr*>(&storage.bytes);
    if (ask(socket.process_number(), bytes, &storage.size) < 0) return kernel_error(errno);
    return address::from(bytes, storage.size);
}

bool is_of_udp(const address& where) noexcept {
    return where.family() == address_family::v4 || where.family() == address_family::v6;
}

result<void> apply(const udp_options& options, descriptor_ref socket, bool v6) noexcept {
    const struct {
        bool wanted;
        int level;
        int name;
        int value;
    } settings[] = {
        {options.reuse_address, SOL_SOCKET, SO_REUSEADDR, 1},
        {options.reuse_port, SOL_SOCKET, SO_REUSEPORT, 1},
        {options.broadcast, SOL_SOCKET, SO_BROADCAST, 1},
        {options.receive_buffer > 0, SOL_SOCKET, SO_RCVBUF, options.receive_buffer},
        {options.send_buffer > 0, SOL_SOCKET, SO_SNDBUF, options.send_buffer},
        {v6, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only ? 1 : 0},
    };
    for (const auto& each : settings) {
        if (!each.wanted) continue;
        const auto done = set(socket, each.level, each.name, each.value);
        if (!done) return done;
    }
    return {};
}

}  // namespace

result<udp_socket> udp_socket::open(const address& where, udp_options options) {
    if (!is_of_udp(where)) return std::make_error_code(std::errc::address_family_not_supported);
    auto socket = descriptor::adopt(
        ::socket(static_cast<int>(where.family()), SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP));
    if (!socket) return kernel_error(errno);
    auto done = apply(options, socket, where.family() == address_family::v6);
    if (done) done = outcome_of(::bind(socket.number(), where.data(), where.size()));
    if (!done) return done.error();
    return udp_socket(std::move(socket));
}

result<void> udp_socket::connect(const address& peer) noexcept {
    return outcome_of(::connect(socket().process_number(), peer.data(), peer.size()));
}

result<void> udp_socket::disconnect() noexcept {
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    return outcome_of(::connect(socket().process_number(), &nobody, sizeof nobody));
}

result<address> udp_socket::local_address() const noexcept {
    return address_by(&::getsockname, socket());
}

result<address> udp_socket::peer_address() const noexcept {
    return address_by(&::getpeername, socket());
}

result<void> udp_socket::set_broadcast(bool allowed) noexcept {
    return set(socket(), SOL_SOCKET, SO_BROADCAST, allowed ? 1 : 0);
}

bool udp_socket::is_v6() const noexcept {
    int family = 0;
    socklen_t size = sizeof family;
    ::getsockopt(socket().process_number(), SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family == AF_INET6;
}

result<void> udp_socket::set_either(int v4_option, int v6_option, int value) noexcept {
    if (is_v6()) return set(socket(), IPPROTO_IPV6, v6_option, value);
    return set(socket(), IPPROTO_IP, v4_option, value);
}

result<void> udp_socket::set_ttl(int hops) noexcept {
    return set_either(IP_TTL, IPV6_UNICAST_HOPS, hops);
}

result<void> udp_socket::set_multicast_ttl(int hops) noexcept {
    return set_either(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops);
}

result<void> udp_socket::set_multicast_loop(bool heard) noexcept {
    return set_either(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, heard ? 1 : 0);
}

result<void> udp_socket::set_multicast_interface(std::uint32_t interface) noexcept {
    const int index = static_cast<int>(interface);
    if (is_v6()) return set(socket(), IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
    ip_mreqn by_index{};
    by_index.imr_ifindex = index;
    return set(socket(), IPPROTO_IP, IP_MULTICAST_IF, by_index);
}

result<void> udp_socket::change_membership(int option, const address& group,
                                           std::uint32_t interface) noexcept {
    group_req request{};
    request.gr_interface = interface;
    std::memcpy(&request.gr_group, group.data(), group.size());
    const bool v6 = group.family() == address_family::v6;
    return set(socket(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, option, request);
}

result<void> udp_socket::join(const address& group, std::uint32_t interface) noexcept {
    return change_membership(MCAST_JOIN_GROUP, group, interface);
}

result<void> udp_socket::leave(const address& group, std::uint32_t interface) noexcept {
    return change_membership(MCAST_LEAVE_GROUP, group, interface);
}

}  // namespace lariat
