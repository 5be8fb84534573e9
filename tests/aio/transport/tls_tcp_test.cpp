#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
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

#include "aio/dial.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_listener.hpp"
#include "aio/transport/tls_url.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/tls_material.hpp"
#include "tests/aio/transport/tls_subjects.hpp"
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
        pair.client.below().close();
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

TEST_CASE("a stream of TLS that is destroyed says goodbye, after all that was sealed") {
    const std::string much = noise(4 << 20, 3);
    auto body = [&]() -> io::task<> {
        auto pair = co_await connected(client_context(), server_context());
        std::size_t sent = 0;
        while (sent < much.size()) {
            const auto rest = std::string_view(much).substr(sent);
            const auto step = co_await io::within(20ms, pair.client.send(rest));
            sent += step.count();
            if (!step) break;
        }
        pair.client = tls();

        const auto all = co_await receive_all(pair.server);

        CHECK(all.size() == sent);
        CHECK(much.starts_with(all));
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

namespace {

using tls_door = io::tls_listener<io::tcp_listener>;

tls_door open_door(io::tls_listen_options options = {}) {
    auto below = io::tcp_listener::open(io::address::loopback(0));
    return tls_door::open(*std::move(below), server_context(), options).value();
}

io::task<io::result<tls>> dial(tls_door& to) {
    auto below = co_await io::connect_tcp(to.local_address().value());
    if (!below) co_return below.error();
    const auto rules = client_context();
    co_return co_await io::tls_connect(*std::move(below), rules, {.server_name = "server.test"});
}

}  // namespace

TEST_CASE("who is silent or speaks something else holds up nobody at a listener of TLS") {
    auto body = []() -> io::task<> {
        auto door = open_door();
        auto silent = co_await io::connect_tcp(door.local_address().value());
        auto stranger = co_await io::connect_tcp(door.local_address().value());
        const auto asked = co_await io::write_all(*stranger, "GET / HTTP/1.1\r\n\r\n");
        CHECK(asked);

        auto both = co_await io::when_all(door.accept(), dial(door));
        std::array<std::byte, 100> room;
        const auto end = co_await stranger->receive(room);

        CHECK(std::get<0>(both));
        CHECK(std::get<1>(both));
        CHECK(*end == 0);
        CHECK(silent->is_open());
    };

    run_body(body);
}

TEST_CASE("a peer that stays silent is dropped by a listener of TLS at the limit") {
    auto body = []() -> io::task<> {
        auto door = open_door({.limit = 5ms});
        auto silent = co_await io::connect_tcp(door.local_address().value());
        std::array<std::byte, 100> room;

        const auto end = co_await silent->receive(room);

        CHECK(*end == 0);
        CHECK(door.is_open());
    };

    run_body(body);
}

TEST_CASE("a listener of TLS says where it is, and opens only where a scheduler runs") {
    auto body = []() -> io::task<> {
        auto door = open_door();
        const auto port = std::to_string(door.local_address().value().port());
        CHECK(door.url() == "tls://127.0.0.1:" + port);
        door.close();
        CHECK(door.url().empty());
        CHECK(!door.is_open());
        co_return;
    };
    run_body(body);
    CHECK(io::tls_url_of("unix:///run/x") == "tls+unix:///run/x");

    auto below = io::tcp_listener::open(io::address::loopback(0));
    const auto nowhere = tls_door::open(*std::move(below), server_context());
    auto other = io::tcp_listener::open(io::address::loopback(0));
    const auto as_client = tls_door::open(*std::move(other), client_context());

    CHECK(nowhere.error() == std::errc::operation_not_supported);
    CHECK(as_client.error() == std::errc::invalid_argument);
}

TEST_CASE("TLS is dialed and listened at by URL, once a program has said who it is") {
    REQUIRE(tls_subjects::tls_has_a_name());
    const auto asking = io::make_tls_transport({.client = client_context()});
    auto body = [&]() -> io::task<> {
        auto door = co_await io::listen_at("tls://127.0.0.1:0");
        REQUIRE(door);

        auto both = co_await io::when_all(door->accept(), io::dial(door->url()));
        auto& [accepted, dialed] = both;
        const auto said = co_await io::write_all(*dialed, "hello");
        std::array<char, 5> room{};
        const auto heard = co_await io::read_exactly(*accepted, room);

        CHECK(said);
        CHECK(heard);
        CHECK(std::string_view(room.data(), room.size()) == "hello");
        CHECK(dialed->get_if<tls>()->peer_subject() == "CN=127.0.0.1");
        CHECK(dialed->socket());
        const auto wrong = co_await io::dial("tls://127.0.0.1:1/path");
        CHECK(wrong.error() == io::transport_error::unexpected_path);
        const auto url = io::url::parse("tls://127.0.0.1:0").value();
        const auto nobody = co_await asking->listen(url);
        CHECK(nobody.error() == io::tls_error::no_certificate);
        // The port is that of who shows a certificate for an address, not for this name.
        const auto port = std::to_string(door->local_address().value().port());
        const auto named = co_await io::dial("tls://localhost:" + port);
        CHECK(named.error() == io::certificate_error::wrong_name);
    };

    run_body(body);
}

TEST_CASE("a TLS stream may be destroyed where no scheduler runs, and its goodbye is sent later") {
    io::scheduler loop;
    auto both = loop.run(connected(client_context(), server_context()));
    {
        const auto closed_here = std::move(both.client);
        CHECK(closed_here.is_open());
    }
    auto hears_it = [&]() -> io::task<> {
        std::array<std::byte, 1> byte;
        const auto got = co_await io::within(10s, both.server.receive(byte));
        CHECK(got);
        CHECK(got.count() == 0);
    };

    loop.run(hears_it());
}

TEST_CASE("a TLS stream may outlive its scheduler") {
    std::optional<ends> both;
    io::scheduler other;
    {
        io::scheduler loop;
        both.emplace(loop.run(connected(client_context(), server_context())));
    }

    both.reset();

    CHECK(!both);
}
