#include "aio/transport/udp.hpp"

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/udp_sockets.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

// 0 bytes are a datagram and no end: what reads streams must not take one for the other.
static_assert(!io::byte_source<io::udp_socket>);
static_assert(!io::byte_sink<io::udp_socket>);

/// Two sockets, each of which is connected to the other.
struct two_sockets {
    io::udp_socket one = open_udp();
    io::udp_socket other = open_udp();

    two_sockets() {
        REQUIRE(one.connect(*other.local_address()));
        REQUIRE(other.connect(*one.local_address()));
    }
};

}  // namespace

TEST_CASE("a datagram arrives whole, with the address of who sent it") {
    auto body = []() -> io::task<> {
        auto one = open_udp();
        auto other = open_udp();
        std::array<char, 64> buffer;

        const auto sent = co_await one.send_to("first", *other.local_address());
        const auto again = co_await one.send_to("second", *other.local_address());
        const auto first = co_await other.receive(buffer);
        const std::string text(buffer.data(), first->count);
        const auto second = co_await other.receive(buffer);

        CHECK(sent);
        CHECK(again);
        CHECK(text == "first");
        CHECK(std::string(buffer.data(), second->count) == "second");
        CHECK(first->from == *one.local_address());
        CHECK_FALSE(first->truncated());
        CHECK(one.local_address()->port() != 0);
    };

    run_body(body);
}

TEST_CASE("connected sockets send without an address, and hear nobody but their peer") {
    auto body = []() -> io::task<> {
        two_sockets ends;
        auto stranger = open_udp();
        std::array<char, 64> buffer;

        const auto ignored = co_await stranger.send_to("hush", *ends.other.local_address());
        const auto sent = co_await ends.one.send("hello");
        const auto got = co_await ends.other.receive(buffer);
        const auto back = co_await ends.other.send("world");
        const auto answer = co_await ends.one.receive(buffer);

        CHECK(ignored);
        CHECK(sent);
        CHECK(got->count == 5);
        CHECK(got->from == *ends.one.local_address());
        CHECK(back);
        CHECK(answer->count == 5);
        CHECK(*ends.one.peer_address() == *ends.other.local_address());
    };

    run_body(body);
}

TEST_CASE("a socket that was disconnected has no peer, and sends to none") {
    auto body = []() -> io::task<> {
        two_sockets ends;
        REQUIRE(ends.one.disconnect());

        const auto sent = co_await ends.one.send("hello");

        CHECK(sent.error() == std::errc::destination_address_required);
        CHECK(ends.one.peer_address().error() == std::errc::not_connected);
    };

    run_body(body);
}

TEST_CASE("a datagram without a byte is a datagram, and not an end") {
    auto body = []() -> io::task<> {
        two_sockets ends;
        std::array<char, 4> buffer;

        const auto sent = co_await ends.one.send({});
        const auto to = co_await ends.one.send_to({}, *ends.other.local_address());
        const auto then = co_await ends.one.send("x");
        const auto empty = co_await ends.other.receive(buffer);
        const auto another = co_await ends.other.receive(buffer);
        const auto full = co_await ends.other.receive(buffer);

        CHECK(sent);
        CHECK(to);
        CHECK(then);
        REQUIRE(empty);
        CHECK(empty->count == 0);
        CHECK(empty->from == *ends.one.local_address());
        CHECK(another->count == 0);
        CHECK(full->count == 1);
    };

    run_body(body);
}

TEST_CASE("what has no room is lost, and counted; without any room a datagram is awaited too") {
    auto body = []() -> io::task<> {
        two_sockets ends;
        std::array<char, 4> buffer;
        for (int i = 0; i < 2; ++i) {
            const auto sent = co_await ends.one.send("0123456789");
            CHECK(sent);
        }

        const auto part = co_await ends.other.receive(buffer);
        const auto nothing = co_await ends.other.receive({});
        const auto late = co_await io::within(1ms, ends.other.receive({}));

        CHECK(part->count == 4);
        CHECK(part->lost == 6);
        CHECK(part->truncated());
        CHECK(nothing->count == 0);
        CHECK(nothing->lost == 10);
        CHECK(late.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("a datagram that is too long is not sent") {
    auto body = []() -> io::task<> {
        two_sockets ends;
        const std::vector<char> much(65'508);

        const auto sent = co_await ends.one.send(much);
        const auto most = co_await ends.one.send(io::const_buffer_view(much).first(65'507));

        CHECK(sent.error() == std::errc::message_size);
        CHECK(most);
    };

    run_body(body);
}

TEST_CASE("that nobody was there is told to a connected socket by its next operation") {
    auto body = []() -> io::task<> {
        auto one = open_udp();
        auto gone = open_udp();
        REQUIRE(one.connect(*gone.local_address()));
        gone.close();
        std::array<char, 4> buffer;

        const auto sent = co_await one.send("anybody?");
        const auto refused = co_await io::within(10s, one.receive(buffer));
        const auto silent = co_await io::within(0s, one.receive(buffer));

        CHECK(sent);
        CHECK(refused.error() == std::errc::connection_refused);
        CHECK(silent.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("operations on a closed socket fail with closed, and pending ones end with it") {
    auto body = []() -> io::task<> {
        auto one = open_udp();
        const auto where = *one.local_address();
        std::array<char, 4> buffer;
        const auto closing = [&]() -> io::task<> {
            co_await some_turns();
            one.close();
        };

        auto both = co_await io::when_all(one.receive(buffer), closing());
        const auto again = co_await one.receive(buffer);
        const auto sent = co_await one.send_to("x", where);
        const auto same_port = io::udp_socket::open(where);

        CHECK(std::get<0>(both).error() == io::error::closed);
        CHECK(again.error() == io::error::closed);
        CHECK(sent.error() == io::error::closed);
        CHECK_FALSE(one.is_open());
        CHECK(same_port);
        CHECK(one.local_address().error() == std::errc::bad_file_descriptor);
        CHECK(one.connect(where).error() == std::errc::bad_file_descriptor);
        CHECK(io::udp_socket().set_ttl(3).error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}

TEST_CASE("of two receives that race no datagram is lost") {
    auto body = []() -> io::task<> {
        auto one = open_udp();
        auto other = open_udp();
        auto sender = open_udp();
        std::array<char, 8> a, b;
        for (int round = 0; round < 20; ++round) {
            const auto sent = co_await sender.send_to("1", *one.local_address());
            const auto too = co_await sender.send_to("2", *other.local_address());
            auto race = co_await io::when_any(one.receive(a), other.receive(b));
            if (!race.get<0>()) race.get<0>() = co_await io::within(10s, one.receive(a));
            if (!race.get<1>()) race.get<1>() = co_await io::within(10s, other.receive(b));
            CHECK(sent);
            CHECK(too);
            CHECK(race.get<0>());
            CHECK(race.get<1>());
        }
    };

    run_body(body);
}
