#include "aio/transport/udp.hpp"

#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/udp_sockets.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

const io::address anywhere = io::address::loopback(0);

int option(const io::udp_socket& socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket.socket().number(), level, name, &value, &size) == 0);
    return value;
}

/// Sends it, and says what the other has received.
io::task<std::string> exchanged(io::udp_socket& from, io::udp_socket& to, io::address where) {
    std::array<char, 16> buffer{};
    const auto sent = co_await from.send_to("hello", where);
    if (!sent) co_return sent.error().message();
    const auto got = co_await io::within(10s, to.receive(buffer));
    if (!got) co_return got.error().message();
    CHECK(got->from.port() == from.local_address()->port());
    co_return std::string(buffer.data(), got->count);
}

}  // namespace

TEST_CASE("IPv6 sockets hear IPv4 peers, unless they are told not to") {
    auto body = []() -> io::task<> {
        auto both = open_udp(io::address::any_v6(0));
        auto only = open_udp(io::address::any_v6(0), {.v6_only = true});
        auto v4 = open_udp();
        auto v6 = open_udp(io::address::loopback_v6(0));

        const auto old =
            co_await exchanged(v4, both, io::address::loopback(both.local_address()->port()));
        const auto young =
            co_await exchanged(v6, both, io::address::loopback_v6(both.local_address()->port()));
        const auto sent =
            co_await v4.send_to("x", io::address::loopback(only.local_address()->port()));
        std::array<char, 4> buffer;
        const auto none = co_await io::within(1ms, only.receive(buffer));

        CHECK(old == "hello");
        CHECK(young == "hello");
        CHECK(sent);
        CHECK(none.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("options reach the kernel") {
    auto socket = open_udp(anywhere, {.reuse_port = true,
                                      .reuse_address = true,
                                      .broadcast = true,
                                      .receive_buffer = 20'000,
                                      .send_buffer = 10'000});
    auto v6 = open_udp(io::address::loopback_v6(0));

    CHECK(option(socket, SOL_SOCKET, SO_REUSEPORT) == 1);
    CHECK(option(socket, SOL_SOCKET, SO_REUSEADDR) == 1);
    CHECK(option(socket, SOL_SOCKET, SO_BROADCAST) == 1);
    CHECK(option(socket, SOL_SOCKET, SO_RCVBUF) == 40'000);
    CHECK(option(socket, SOL_SOCKET, SO_SNDBUF) == 20'000);
    CHECK(socket.set_broadcast(false));
    CHECK(option(socket, SOL_SOCKET, SO_BROADCAST) == 0);
    CHECK(socket.set_ttl(7));
    CHECK(option(socket, IPPROTO_IP, IP_TTL) == 7);
    CHECK(v6.set_ttl(9));
    CHECK(option(v6, IPPROTO_IPV6, IPV6_UNICAST_HOPS) == 9);
    CHECK(socket.set_multicast_ttl(3));
    CHECK(option(socket, IPPROTO_IP, IP_MULTICAST_TTL) == 3);
    CHECK(v6.set_multicast_loop(false));
    CHECK(option(v6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP) == 0);
    CHECK(socket.set_ttl(1000).error() == std::errc::invalid_argument);
}

TEST_CASE("without the option a broadcast is refused") {
    auto body = []() -> io::task<> {
        auto socket = open_udp(io::address::any(0));
        const auto everybody = io::address::v4({255, 255, 255, 255}, 9);

        const auto sent = co_await socket.send_to("x", everybody);

        const bool no_way = sent.error() == std::errc::network_unreachable;
        if (no_way) MESSAGE("skipped: this machine has no network to refuse it");
        if (!no_way) CHECK(sent.error() == std::errc::permission_denied);
    };

    run_body(body);
}

TEST_CASE("members of a group hear what is sent to it, until they leave") {
    auto body = []() -> io::task<> {
        const auto interface = ::if_nametoindex("lo");
        auto member = open_udp(io::address::any(0), {.reuse_address = true});
        auto sender = open_udp(io::address::any(0));
        const auto group = io::address::v4({239, 255, 77, 1}, member.local_address()->port());
        const auto joined = member.join(group, interface);
        if (!joined || !sender.set_multicast_interface(interface)) {
            MESSAGE("skipped: no multicast on the loopback device: " << joined.error().message());
            co_return;
        }

        const auto heard = co_await exchanged(sender, member, group);
        const auto twice = member.join(group, interface);
        const auto left = member.leave(group, interface);
        const auto again = member.leave(group, interface);
        const auto sent = co_await sender.send_to("late", group);
        std::array<char, 8> buffer;
        const auto none = co_await io::within(1ms, member.receive(buffer));

        CHECK(heard == "hello");
        CHECK(twice.error() == std::errc::address_in_use);
        CHECK(left);
        CHECK(again.error() == std::errc::address_not_available);
        CHECK(sent);
        CHECK(none.error() == io::error::timed_out);
        CHECK(member.join(anywhere).error() == std::errc::invalid_argument);
    };

    run_body(body);
}

TEST_CASE("a taken port and an address of another kind are errors") {
    auto first = open_udp();

    const auto taken = io::udp_socket::open(*first.local_address());
    const auto no_udp = io::udp_socket::open(*io::address::unix_path("/x"));
    const auto nowhere = io::udp_socket::open({});

    CHECK(taken.error() == std::errc::address_in_use);
    CHECK(no_udp.error() == std::errc::address_family_not_supported);
    CHECK(nowhere.error() == std::errc::address_family_not_supported);
}
