#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/tls_material.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using tls = io::tls_stream<io::tcp_stream>;

struct ends {
    tls client;
    tls server;
};

/// Both ends of TLS over a TCP connection.
io::task<ends> connected(const io::tls_context& client, const io::tls_context& server) {
    auto pair = make_tcp_pair();
    io::tcp_stream here(std::move(pair.first)), there(std::move(pair.second));
    auto both = co_await io::when_all(
        io::tls_connect(std::move(there), client, {.server_name = "server.test"}),
        io::tls_accept(std::move(here), server));
    co_return ends{std::move(std::get<0>(both)).value(), std::move(std::get<1>(both)).value()};
}

std::string noise(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (auto& each : bytes) each = static_cast<char>(random());
    return bytes;
}

io::task<> send_and_end(tls& to, std::string_view text) {
    const auto sent = co_await io::write_all(to, text);
    CHECK(*sent == text.size());
    const auto ended = co_await to.shutdown(io::direction::send);
    CHECK(ended);
}

io::task<std::string> receive_all(tls& from) {
    const auto all = co_await io::read_to_end(from, SIZE_MAX);
    CHECK(all);
    if (!all) co_return std::string();
    co_return std::string(reinterpret_cast<const char*>(all->data()), all->size());
}

io::task<> echo(io::tcp_stream below, io::tls_context rules) {
    auto peer = co_await io::tls_accept(std::move(below), rules);
    CHECK(peer);
    if (!peer) co_return;
    std::array<std::byte, 300> buffer;
    for (;;) {
        const auto got = co_await peer->receive(buffer);
        if (!got || *got == 0) break;
        const auto sent = co_await io::write_all(*peer, std::span(buffer).first(*got));
        if (!sent) co_return;
    }
    (void)co_await peer->shutdown(io::direction::send);
}

io::task<> serve(io::tcp_listener& door, io::tls_context rules, int peers) {
    io::task_scope all;
    for (int i = 0; i < peers; ++i) {
        auto peer = co_await door.accept();
        if (!peer) break;
        all.spawn(echo, *std::move(peer), rules);
    }
    co_await all.join();
}

io::task<> ask(io::address where, io::tls_context rules, int number) {
    auto below = co_await io::connect_tcp(where);
    REQUIRE(below);
    auto peer = co_await io::tls_connect(*std::move(below), rules, {.server_name = "server.test"});
    REQUIRE(peer);
    const std::string question = "I am number " + std::to_string(number);
    std::string answer(question.size(), '\0');
    const auto sent = co_await io::write_all(*peer, question);
    const auto got = co_await io::read_exactly(*peer, answer);
    const auto ended = co_await peer->shutdown(io::direction::send);
    std::array<char, 1> end;
    const auto last = co_await peer->receive(end);
    CHECK(sent);
    CHECK(got);
    CHECK(ended);
    CHECK(*last == 0);
    CHECK(answer == question);
}

io::task<> ask_many(io::address where, io::tls_context rules, int count) {
    io::task_scope clients;
    for (int i = 0; i < count; ++i) clients.spawn(ask, where, rules, i);
    co_await clients.join();
}

}  // namespace

TEST_CASE("4 MiB go both ways over TLS and TCP at the same time") {
    const std::string rightward = noise(4 << 20, 1), leftward = noise(4 << 20, 2);
    auto body = [&]() -> io::task<> {
        auto pair = co_await connected(client_context(), server_context());
        const auto all = co_await io::when_all(send_and_end(pair.client, rightward),
                                               send_and_end(pair.server, leftward),
                                               receive_all(pair.client), receive_all(pair.server));
        CHECK((std::get<2>(all) == leftward));
        CHECK((std::get<3>(all) == rightward));
        CHECK(pair.client.below().peer_address());
    };

    run_body(body);
}

TEST_CASE("fifty clients talk to one server over TLS") {
    auto body = []() -> io::task<> {
        auto door = io::tcp_listener::open(io::address::loopback(0)).value();
        const auto where = door.local_address().value();
        (void)co_await io::when_all(serve(door, server_context(), 50),
                                    ask_many(where, client_context(), 50));
    };

    run_body(body);
}

TEST_CASE("a TCP connection that ends without close_notify is a truncation") {
    auto body = []() -> io::task<> {
        auto pair = co_await connected(client_context(), server_context());
        const auto sent = co_await io::write_all(pair.client, "and then");
        CHECK(sent);
        pair.client.close();
        std::array<char, 100> room;

        const auto got = co_await pair.server.receive(room);
        const auto end = co_await pair.server.receive(room);

        CHECK(*got == 8);
        // The client had not read its tickets, for which TCP may reset the connection.
        CHECK((end.error() == io::tls_error::truncated ||
               end.error() == std::errc::connection_reset));
    };

    run_body(body);
}

TEST_CASE("a handshake over TCP with a silent peer ends at its deadline") {
    auto body = []() -> io::task<> {
        auto pair = make_tcp_pair();
        io::tcp_stream here(std::move(pair.first));

        const auto made =
            co_await io::tls_accept(std::move(here), server_context(), {.limit = 1ms});

        CHECK(made.error() == io::error::timed_out);
    };

    run_body(body);
}

TEST_CASE("a stream of TLS that is closed ends what waits for the kernel") {
    auto body = []() -> io::task<> {
        auto pair = co_await connected(client_context(), server_context());
        std::array<char, 100> room;
        const auto close = [&]() -> io::task<> {
            pair.client.close();
            co_return;
        };

        const auto both = co_await io::when_all(pair.client.receive(room), close());

        CHECK(std::get<0>(both).error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("contexts are shared by the schedulers of several threads") {
    const auto client = client_context();
    const auto server = server_context();
    std::vector<std::jthread> threads;
    std::atomic<int> done = 0;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            auto body = [&]() -> io::task<> {
                auto door = io::tcp_listener::open(io::address::loopback(0)).value();
                const auto where = door.local_address().value();
                (void)co_await io::when_all(serve(door, server, 10), ask_many(where, client, 10));
            };
            run_body(body);
            ++done;
        });
    }

    threads.clear();

    CHECK(done == 3);
}
