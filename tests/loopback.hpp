#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

#include "aio/address.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/socket.hpp"
#include "tests/aio/op/answer.hpp"

// Sockets on the loopback device, made without what is tested.

inline void must(int outcome) {
    if (outcome < 0) throw std::runtime_error("no sockets for a test");
}

inline lariat::address address_of_socket(const lariat::descriptor& socket) {
    lariat::address_storage storage;
    must(
        ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&storage.bytes), &storage.size));
    return storage.read();
}

/// A TCP socket. Some congestion control paces even the loopback device, so it has another.
inline lariat::descriptor new_tcp_socket() {
    auto socket = lariat::descriptor::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(::setsockopt(socket.number(), IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
    return socket;
}

inline lariat::descriptor bound_datagram_socket() {
    auto socket = lariat::descriptor::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto any = lariat::address::loopback(0);
    must(::bind(socket.number(), any.data(), any.size()));
    return socket;
}

inline lariat::descriptor listening(const lariat::address& where = lariat::address::loopback(0)) {
    auto door = new_tcp_socket();
    must(::bind(door.number(), where.data(), where.size()));
    must(::listen(door.number(), 128));
    return door;
}

inline lariat::descriptor client_of(const lariat::address& where) {
    auto client = new_tcp_socket();
    must(::connect(client.number(), where.data(), where.size()));
    return client;
}

/// Both ends of a TCP connection: the accepted one, and the one that connected.
inline two_ends make_tcp_pair() {
    const auto door = listening();
    auto client = client_of(address_of_socket(door));
    auto peer = lariat::descriptor::adopt(::accept4(door.number(), nullptr, nullptr, SOCK_CLOEXEC));
    must(peer.number());
    return {std::move(peer), std::move(client)};
}
