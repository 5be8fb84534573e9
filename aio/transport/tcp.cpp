#include "aio/transport/tcp.hpp"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>

#include "aio/transport/socket_calls.hpp"

namespace lariat {
namespace {

bool is_of_tcp(const address& where) noexcept {
    return where.family() == address_family::v4 || where.family() == address_family::v6;
}

template <class Rep, class Period>
int as_option(std::chrono::duration<Rep, Period> span) noexcept {
    return static_cast<int>(std::clamp<std::int64_t>(span.count(), INT_MIN, INT_MAX));
}

result<void> set_no_delay(descriptor_ref socket, bool at_once) noexcept {
    return set_socket_option(socket, IPPROTO_TCP, TCP_NODELAY, at_once ? 1 : 0);
}

result<void> set_keepalive(descriptor_ref socket,
                           const std::optional<tcp_keepalive>& when) noexcept {
    auto set = set_socket_option(socket, SOL_SOCKET, SO_KEEPALIVE, when ? 1 : 0);
    if (!when) return set;
    const struct {
        int name;
        int value;
    } parts[] = {
        {TCP_KEEPIDLE, as_option(when->idle)},
        {TCP_KEEPINTVL, as_option(when->interval)},
        {TCP_KEEPCNT, when->probes},
    };
    for (const auto& each : parts)
        if (set) set = set_socket_option(socket, IPPROTO_TCP, each.name, each.value);
    return set;
}

result<void> set_user_timeout(descriptor_ref socket, std::chrono::milliseconds span) noexcept {
    return set_socket_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, as_option(span));
}

result<void> set_linger(descriptor_ref socket, std::optional<std::chrono::seconds> span) noexcept {
    const ::linger value{span.has_value(), span ? as_option(*span) : 0};
    return set_socket_option(socket, SOL_SOCKET, SO_LINGER, value);
}

/// What differs from the kernel's own. Accepted sockets inherit all of it from the listening one.
result<void> apply(descriptor_ref socket, const tcp_options& options) noexcept {
    result<void> set;
    const auto bytes = [&](int name, std::size_t size) {
        if (!set || size == 0) return;
        const int value = static_cast<int>(std::min<std::size_t>(size, INT_MAX));
        set = set_socket_option(socket, SOL_SOCKET, name, value);
    };
    if (options.no_delay) set = set_no_delay(socket, true);
    bytes(SO_RCVBUF, options.receive_buffer);
    bytes(SO_SNDBUF, options.send_buffer);
    if (set && options.keepalive) set = set_keepalive(socket, options.keepalive);
    if (set && options.user_timeout.count() != 0)
        set = set_user_timeout(socket, options.user_timeout);
    if (set && options.linger) set = set_linger(socket, options.linger);
    return set;
}

result<void> begin_listening(descriptor_ref socket, const address& where,
                             const tcp_listen_options& options) noexcept {
    const struct {
        bool given;
        int level;
        int name;
        bool value;
    } switches[] = {
        {options.reuse_address, SOL_SOCKET, SO_REUSEADDR, true},
        {options.reuse_port, SOL_SOCKET, SO_REUSEPORT, true},
        {where.family() == address_family::v6, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only},
    };
    result<void> done = apply(socket, options.connections);
    for (const auto& each : switches) {
        if (done && each.given)
            done = set_socket_option(socket, each.level, each.name, each.value ? 1 : 0);
    }
    if (done) done = outcome_of(::bind(socket.number(), where.data(), where.size()));
    if (done) done = outcome_of(::listen(socket.number(), options.backlog));
    return done;
}

}  // namespace

result<void> tcp_stream::set_no_delay(bool at_once) noexcept {
    return lariat::set_no_delay(socket(), at_once);
}

result<void> tcp_stream::set_keepalive(std::optional<tcp_keepalive> when) noexcept {
    return lariat::set_keepalive(socket(), when);
}

result<void> tcp_stream::set_user_timeout(std::chrono::milliseconds span) noexcept {
    return lariat::set_user_timeout(socket(), span);
}

result<void> tcp_stream::set_linger(std::optional<std::chrono::seconds> span) noexcept {
    return lariat::set_linger(socket(), span);
}

result<tcp_listener> tcp_listener::open(const address& where, tcp_listen_options options) {
    if (!is_of_tcp(where)) return std::make_error_code(std::errc::address_family_not_supported);
    auto socket = descriptor::adopt(
        ::socket(static_cast<int>(where.family()), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!socket) return kernel_error(errno);
    const auto listens = begin_listening(socket, where, options);
    if (!listens) return listens.error();
    return tcp_listener(std::move(socket));
}

std::string tcp_listener::url() const {
    const auto where = local_address();
    if (!where) return {};
    std::string text = "tcp://" + to_string(*where);
    const auto zone = text.find('%');
    if (zone != text.npos) text.insert(zone + 1, "25");  // As RFC 6874 has it.
    return text;
}

task<result<tcp_stream>> connect_tcp(address peer, tcp_connect_options options) {
    const bool has_place = options.from.size() != 0;
    if (!is_of_tcp(peer) || (has_place && options.from.family() != peer.family()))
        co_return std::make_error_code(std::errc::address_family_not_supported);
    auto socket = co_await lariat::socket{.family = peer.family()};
    if (!socket) co_return socket.error();
    auto ready = apply(*socket, options.connection);
    if (ready && has_place) {
        // Which port is free may depend on the peer: the kernel chooses as it connects.
        ready = set_socket_option(*socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        if (ready) ready = co_await bind{.socket = *socket, .address = options.from};
    }
    if (!ready) co_return ready.error();
    const auto connected = co_await connect{.socket = *socket, .address = peer};
    if (!connected) co_return connected.error();
    co_return tcp_stream(*std::move(socket));
}

}  // namespace lariat
