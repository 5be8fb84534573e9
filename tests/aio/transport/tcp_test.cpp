#include "aio/transport/tcp.hpp"

#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "runtime/ring.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

const io::address anywhere = io::address::loopback(0);

struct connection {
    io::tcp_stream client;
    io::tcp_stream server;
};

io::task<connection> connected(io::tcp_listener& door) {
    auto both = co_await io::when_all(io::connect_tcp(*door.local_address()), door.accept());
    co_return connection{std::move(std::get<0>(both)).value(),
                         std::move(std::get<1>(both)).value()};
}

int option(const io::tcp_stream& stream, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(stream.socket().number(), level, name, &value, &size) == 0);
    return value;
}

// How many more calls of the kernel find the process without a descriptor to spare.
int calls_without_descriptors = 0;

// The limit is lowered only inside the call: the sanitizers need descriptors of their own.
int enter_without_descriptors(unsigned ring, unsigned submit, unsigned complete, unsigned flags,
                              void* argument, std::size_t size) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    const bool limited = calls_without_descriptors > 0 && calls_without_descriptors-- > 0;
    if (limited) ::setrlimit(RLIMIT_NOFILE, &none);
    const int outcome =
        ::io_uring_enter2(ring, submit, complete, flags, static_cast<sigset_t*>(argument), size);
    if (limited) ::setrlimit(RLIMIT_NOFILE, &before);
    return outcome;
}

template <class Body>
void run_short_of_descriptors(Body& body) {
    io::ring::replace_enter(&enter_without_descriptors);
    run_body(body);
    io::ring::replace_enter(nullptr);
    calls_without_descriptors = 0;
}

io::task<> echo_one(io::tcp_stream peer) {
    std::array<std::byte, 64> buffer;
    for (;;) {
        auto got = co_await io::within(30s, peer.receive(buffer));
        if (!got || *got == 0) co_return;
        if (!co_await io::write_all(peer, std::span(buffer).first(*got))) co_return;
    }
}

}  // namespace

TEST_CASE("two ends of a connection know one another and exchange bytes") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        auto made = co_await connected(door);
        auto& [client, server] = made;
        std::array<char, 5> buffer;

        const auto sent = co_await io::write_all(client, "hello");
        const auto got = co_await io::read_exactly(server, buffer);

        CHECK(*sent == 5);
        CHECK(*got == 5);
        CHECK(std::string(buffer.data(), 5) == "hello");
        CHECK(*client.peer_address() == *door.local_address());
        CHECK(*client.local_address() == *server.peer_address());
        CHECK(option(client, IPPROTO_TCP, TCP_NODELAY) == 1);
        CHECK(option(server, IPPROTO_TCP, TCP_NODELAY) == 1);
        CHECK(client.set_no_delay(false));
        CHECK(option(client, IPPROTO_TCP, TCP_NODELAY) == 0);
    };

    run_body(body);
}

TEST_CASE("after shutdown of one direction the peer reads the end, and can still answer") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        auto made = co_await connected(door);
        auto& [client, server] = made;
        std::array<char, 8> buffer;

        const auto ended = co_await client.shutdown(io::direction::send);
        const auto end = co_await server.receive(buffer);
        const auto sent = co_await server.send("answer");
        const auto got = co_await client.receive(buffer);

        CHECK(ended);
        CHECK(*end == 0);
        CHECK(*sent == 6);
        CHECK(*got == 6);
    };

    run_body(body);
}

TEST_CASE("an empty receive on a silent connection yields 0 and is not its end") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        auto made = co_await connected(door);
        auto& [client, server] = made;
        std::array<char, 8> buffer;

        const auto nothing = co_await server.receive({});
        const auto empty_send = co_await client.send({});
        const auto sent = co_await client.send("x");
        const auto something = co_await server.receive(buffer);

        CHECK(*nothing == 0);
        CHECK(*empty_send == 0);
        CHECK(*sent == 1);
        CHECK(*something == 1);
    };

    run_body(body);
}

TEST_CASE("operations on a locally closed stream fail with closed, and pending ones end with it") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        auto made = co_await connected(door);
        auto& [client, server] = made;
        std::array<char, 8> buffer;
        auto receiving = [&]() -> io::task<io::result<std::size_t>> {
            co_return co_await client.receive(buffer);
        };
        auto closing = [&]() -> io::task<> {
            std::ignore = co_await io::nop{};
            client.close();
        };

        auto both = co_await io::when_all(receiving(), closing());
        const auto again = co_await client.receive(buffer);
        const auto sent = co_await client.send("x");
        const auto empty = co_await client.receive({});
        const auto of_peer = co_await server.receive(buffer);

        CHECK(std::get<0>(both).error() == io::error::closed);
        CHECK(again.error() == io::error::closed);
        CHECK(sent.error() == io::error::closed);
        CHECK(empty.error() == io::error::closed);
        CHECK(*of_peer == 0);
        CHECK_FALSE(client.is_open());
        CHECK(client.local_address().error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}

TEST_CASE("a closed listener ends its accepts with closed, and its port is free at once") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        const auto where = *door.local_address();
        auto closing = [&]() -> io::task<> {
            std::ignore = co_await io::nop{};
            door.close();
        };

        auto both = co_await io::when_all(door.accept(), closing());
        const auto again = co_await door.accept();
        const auto same_port = io::tcp_listener::open(where, {.reuse_address = false});

        CHECK(std::get<0>(both).error() == io::error::closed);
        CHECK(again.error() == io::error::closed);
        CHECK(same_port);
        CHECK(door.local_address().error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}

TEST_CASE("a listener that goes ends its accepts with closed") {
    auto body = []() -> io::task<> {
        std::vector<io::tcp_listener> doors;
        doors.push_back(*io::tcp_listener::open(anywhere));
        auto going = [&]() -> io::task<> {
            std::ignore = co_await io::nop{};
            doors.clear();
        };

        auto both = co_await io::when_all(doors.front().accept(), going());

        CHECK(std::get<0>(both).error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("without a descriptor to spare a listener waits and goes on") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        auto client = co_await io::connect_tcp(*door.local_address());
        REQUIRE(client);
        const auto start = std::chrono::steady_clock::now();
        calls_without_descriptors = 4;

        auto served = co_await door.accept();

        CHECK(served);
        CHECK(calls_without_descriptors == 0);
        CHECK((std::chrono::steady_clock::now() - start >= 5ms));
    };

    run_short_of_descriptors(body);
}

TEST_CASE("a listener that waits for a descriptor ends with closed, too") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        auto closing = [&]() -> io::task<> {
            std::ignore = co_await io::sleep_for(1ms);
            door.close();
        };
        calls_without_descriptors = 1'000'000;

        auto both = co_await io::when_all(door.accept(), closing());

        CHECK(std::get<0>(both).error() == io::error::closed);
        CHECK(calls_without_descriptors > 0);
    };

    run_short_of_descriptors(body);
}

TEST_CASE("a peer that resets before it is accepted does not end the listener") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        auto gone = co_await io::connect_tcp(*door.local_address());
        const linger at_once{1, 0};
        ::setsockopt(gone->socket().number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        gone->close();
        auto client = co_await io::connect_tcp(*door.local_address());

        // Linux hands out the one that was reset as well: its first receive tells.
        std::array<char, 1> byte;
        auto first = co_await door.accept();
        auto second = co_await door.accept();
        const auto told = co_await first->receive(byte);

        CHECK(told.error() == std::errc::connection_reset);
        CHECK(second);
        CHECK(*second->peer_address() == *client->local_address());
    };

    run_body(body);
}

TEST_CASE("a refused connect, a taken port and an address of another kind are errors") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        const auto where = *door.local_address();

        const auto taken = io::tcp_listener::open(where);
        const auto no_tcp = io::tcp_listener::open(*io::address::unix_path("/x"));
        door.close();
        const auto refused = co_await io::connect_tcp(where);
        const auto nowhere = co_await io::connect_tcp({});

        CHECK(taken.error() == std::errc::address_in_use);
        CHECK(no_tcp.error() == std::errc::address_family_not_supported);
        CHECK(refused.error() == std::errc::connection_refused);
        CHECK(nowhere.error() == std::errc::address_family_not_supported);
    };

    run_body(body);
}

TEST_CASE("of two accepts that race, no peer is lost") {
    auto body = []() -> io::task<> {
        auto one = *io::tcp_listener::open(anywhere);
        auto other = *io::tcp_listener::open(io::address::loopback_v6(0));
        for (int round = 0; round < 20; ++round) {
            auto first = co_await io::connect_tcp(*one.local_address());
            auto second = co_await io::connect_tcp(*other.local_address());
            auto race = co_await io::when_any(one.accept(), other.accept());
            if (!race.get<0>()) race.get<0>() = co_await io::within(10s, one.accept());
            if (!race.get<1>()) race.get<1>() = co_await io::within(10s, other.accept());
            CHECK(race.get<0>());
            CHECK(race.get<1>());
        }
    };

    run_body(body);
}

TEST_CASE("an echo server serves, and ends by a signal") {
    auto server = [](io::tcp_listener& door) -> io::task<> {
        io::signal_set signals{SIGINT, SIGTERM};
        io::task_scope peers;
        for (;;) {
            auto next = co_await io::when_any(door.accept(), signals.next());
            if (next.index == 1) break;
            if (auto& peer = next.get<0>()) peers.spawn(echo_one, std::move(*peer));
        }
        door.close();
        co_await peers.drain(5s);
    };
    auto client = [](io::address where) -> io::task<> {
        for (const std::string text : {"one", "a longer one, in fact"}) {
            auto peer = co_await io::connect_tcp(where);
            std::string back(text.size(), '\0');
            const auto sent = co_await io::write_all(*peer, text);
            const auto got = co_await io::read_exactly(*peer, back);
            CHECK(sent);
            CHECK(got);
            CHECK(back == text);
        }
        ::raise(SIGTERM);
    };
    auto body = [&]() -> io::task<> {
        auto door = *io::tcp_listener::open(anywhere);
        co_await io::when_all(server(door), client(*door.local_address()));
    };

    run_body(body);
}
