#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <chrono>
#include <ostream>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

template <class Value = int>
Value option(io::descriptor_ref socket, int level, int name) {
    Value value{};
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket.number(), level, name, &value, &size) == 0);
    return value;
}

const io::tcp_options all_options{
    .no_delay = false,
    .keepalive = io::tcp_keepalive{.idle = 7s, .interval = 3s, .probes = 4},
    .user_timeout = 12'345ms,
    .linger = 9s,
    .receive_buffer = 20'000,
    .send_buffer = 30'000,
};

void expect_all_options(io::descriptor_ref socket) {
    CHECK(option(socket, IPPROTO_TCP, TCP_NODELAY) == 0);
    CHECK(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(socket, IPPROTO_TCP, TCP_KEEPIDLE) == 7);
    CHECK(option(socket, IPPROTO_TCP, TCP_KEEPINTVL) == 3);
    CHECK(option(socket, IPPROTO_TCP, TCP_KEEPCNT) == 4);
    CHECK(option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 12'345);
    CHECK(option<linger>(socket, SOL_SOCKET, SO_LINGER).l_onoff == 1);
    CHECK(option<linger>(socket, SOL_SOCKET, SO_LINGER).l_linger == 9);
    // The kernel doubles what was asked for.
    CHECK(option(socket, SOL_SOCKET, SO_RCVBUF) == 40'000);
    CHECK(option(socket, SOL_SOCKET, SO_SNDBUF) == 60'000);
}

struct two_streams {
    io::tcp_stream client;
    io::tcp_stream server;
};

io::task<two_streams> connected(io::tcp_listener& door, io::tcp_connect_options options = {}) {
    auto both =
        co_await io::when_all(io::connect_tcp(*door.local_address(), options), door.accept());
    auto& [client, server] = both;
    two_streams made{std::move(client).value(), std::move(server).value()};
    co_return made;
}

}  // namespace

TEST_CASE("tcp: a connection has the options that it was made with, at either end") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0), {.connections = all_options});
        auto made = co_await connected(door, {.connection = all_options});
        expect_all_options(made.client.socket());
        expect_all_options(made.server.socket());
    };

    run_body(body);
}

TEST_CASE("tcp: without options small sends leave at once, and all else is the kernel's") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        auto made = co_await connected(door);
        for (const io::descriptor_ref each : {made.client.socket(), made.server.socket()}) {
            CHECK(option(each, IPPROTO_TCP, TCP_NODELAY) == 1);
            CHECK(option(each, SOL_SOCKET, SO_KEEPALIVE) == 0);
            CHECK(option(each, IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);
            CHECK(option<linger>(each, SOL_SOCKET, SO_LINGER).l_onoff == 0);
        }
    };

    run_body(body);
}

TEST_CASE("tcp: options of an open stream are set and taken back") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        auto made = co_await connected(door);
        auto& stream = made.client;
        CHECK(stream.set_no_delay(false));
        CHECK(stream.set_keepalive(all_options.keepalive));
        CHECK(stream.set_user_timeout(all_options.user_timeout));
        CHECK(stream.set_linger(all_options.linger));
        CHECK(stream.set_receive_buffer(all_options.receive_buffer));
        CHECK(stream.set_send_buffer(all_options.send_buffer));
        expect_all_options(stream.socket());
        CHECK(stream.set_keepalive(std::nullopt));
        CHECK(stream.set_linger(std::nullopt));
        CHECK(option(stream.socket(), SOL_SOCKET, SO_KEEPALIVE) == 0);
        CHECK(option<linger>(stream.socket(), SOL_SOCKET, SO_LINGER).l_onoff == 0);

        const auto never_asked = stream.set_keepalive(io::tcp_keepalive{.idle = 0s});
        const auto too_often = stream.set_keepalive(io::tcp_keepalive{.probes = 1000});
        CHECK(never_asked.error() == std::errc::invalid_argument);
        CHECK(too_often.error() == std::errc::invalid_argument);
        stream.close();
        CHECK(stream.set_no_delay(true).error() == std::errc::bad_file_descriptor);
        CHECK(stream.set_keepalive({}).error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}

TEST_CASE("tcp: options that the kernel refuses are an error of open and of connect") {
    const io::tcp_options wrong{.keepalive = io::tcp_keepalive{.idle = 100'000s}};

    const auto door = io::tcp_listener::open(io::address::loopback(0), {.connections = wrong});
    const auto stream = io::run(io::connect_tcp(io::address::loopback(1), {.connection = wrong}));

    CHECK(door.error() == std::errc::invalid_argument);
    CHECK(stream.error() == std::errc::invalid_argument);
}

TEST_CASE("tcp: a linger of 0 resets the connection as it is closed") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        auto made = co_await connected(door);
        std::array<char, 1> room;
        CHECK(made.client.set_linger(0s));
        made.client.close();
        const auto got = co_await made.server.receive(room);
        CHECK(got.error() == std::errc::connection_reset);
    };

    run_body(body);
}

TEST_CASE("tcp: a connection comes from where it was told to, with a port of one's own or none") {
    auto body = []() -> io::task<> {
        for (const auto& any : {io::address::loopback(0), io::address::loopback_v6(0)}) {
            auto door = *io::tcp_listener::open(any);
            auto made = co_await connected(door, {.from = any});
            const auto from = *made.client.local_address();
            CHECK(from.with_port(0) == any);
            CHECK(from.port() != 0);
            const auto taken = co_await io::connect_tcp(*door.local_address(), {.from = from});
            CHECK(taken.error() == std::errc::address_in_use);
        }
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        const auto elsewhere = *io::address::parse("192.0.2.1:0");
        const auto no_such = co_await io::connect_tcp(*door.local_address(), {.from = elsewhere});
        CHECK(no_such.error() == std::errc::address_not_available);
    };

    run_body(body);
}

TEST_CASE("tcp: a listener at :: takes peers of both families, unless it is told not to") {
    auto body = []() -> io::task<> {
        auto both = *io::tcp_listener::open(io::address::any_v6(0));
        auto one = *io::tcp_listener::open(io::address::any_v6(0), {.v6_only = true});
        const auto port = both.local_address()->port();
        const auto v4 = co_await io::connect_tcp(io::address::loopback(port));
        const auto v6 = co_await io::connect_tcp(io::address::loopback_v6(port));
        const auto refused =
            co_await io::connect_tcp(io::address::loopback(one.local_address()->port()));
        CHECK(v4);
        CHECK(v6);
        CHECK(refused.error() == std::errc::connection_refused);
    };

    run_body(body);
}

TEST_CASE("tcp: listeners share a port if all of them say so") {
    const auto one = io::tcp_listener::open(io::address::loopback(0), {.reuse_port = true});
    const auto where = *one->local_address();

    CHECK(io::tcp_listener::open(where, {.reuse_port = true}));
    CHECK(io::tcp_listener::open(where).error() == std::errc::address_in_use);
}

TEST_CASE("tcp: a listener has a URL, which ends with it") {
    auto v4 = *io::tcp_listener::open(io::address::loopback(0));
    const auto v6 = *io::tcp_listener::open(io::address::loopback_v6(0));

    CHECK(v4.url() == "tcp://" + io::to_string(*v4.local_address()));
    CHECK(v6.url().starts_with("tcp://[::1]:"));
    v4.close();
    CHECK(v4.url().empty());
    CHECK_FALSE(v4.is_open());
}

TEST_CASE("tcp: one entry of the ring accepts peer after peer, and no more than a few ahead") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        const auto where = *door.local_address();
        std::vector<io::tcp_stream> dialed;
        for (int i = 0; i < 50; ++i) {
            auto one = co_await io::connect_tcp(where);
            REQUIRE(one);
            dialed.push_back(*std::move(one));
        }
        for (auto& each : dialed) {
            const auto peer = co_await door.accept();
            REQUIRE(peer);
            CHECK(*peer->peer_address() == *each.local_address());
        }
        const auto none = co_await io::within(0s, door.accept());
        CHECK(none.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("tcp: a listener goes on with the next scheduler when that of its accepts has ended") {
    auto door = *io::tcp_listener::open(io::address::loopback(0));
    auto body = [&]() -> io::task<> {
        auto made = co_await connected(door);
        CHECK(made.server.is_open());
    };

    run_body(body);
    run_body(body);

    CHECK(door.is_open());
}
