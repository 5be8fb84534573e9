#include <array>
#include <cstdint>
#include <iostream>
#include <new>
#include <ostream>
#include <system_error>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_listener.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/transport/tls_material.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using tls = io::tls_stream<io::tcp_stream>;

/// There and back, in messages that do not fit in one record.
io::task<bool> exchange(tls& client, tls& server) {
    static std::array<char, 20'000> sent{}, got{};
    const auto there = co_await io::when_all(io::write_all(client, sent),
                                             io::within(10s, io::read_exactly(server, got)));
    const auto back =
        co_await io::when_all(io::write_all(server, got), io::read_exactly(client, sent));
    co_return std::get<0>(there) && std::get<1>(there) && std::get<0>(back) && std::get<1>(back);
}

io::task<std::pair<tls, tls>> connect() {
    auto pair = make_tcp_pair();
    io::tcp_stream here(std::move(pair.first)), there(std::move(pair.second));
    auto both = co_await io::when_all(
        io::tls_connect(std::move(there), client_context(), {.server_name = "server.test"}),
        io::tls_accept(std::move(here), server_context()));
    co_return {std::move(std::get<0>(both)).value(), std::move(std::get<1>(both)).value()};
}

/// Moves all, step by step; what cannot be done without memory is tried again.
template <class View, class Step>
io::task<bool> move_again(View rest, int& told, Step step) {
    while (!rest.empty()) {
        const io::transfer moved = co_await step(rest);
        rest = rest.drop_first(moved.count());
        if (moved) continue;
        if (moved.error() != std::errc::not_enough_memory || ++told > 1) co_return false;
    }
    co_return true;
}

/// How often somebody was told that the n-th allocation of a connection's first message failed; -1
/// if that did more harm.
io::task<int> times_told(std::uint64_t nth, bool& failed) {
    auto [client, server] = co_await connect();
    std::array<char, 50'000> sent, got{};
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7);
    int told = 0;
    counted::fail_at(nth);
    const auto both = co_await io::when_all(
        move_again(io::const_buffer_view(sent), told, [&](auto rest) { return client.send(rest); }),
        move_again(io::buffer_view(got), told, [&](auto rest) { return server.receive(rest); }));
    failed = counted::failed();
    counted::fail_at(0);
    co_return std::get<0>(both) && std::get<1>(both) && got == sent ? told : -1;
}

/// Of a thousand exchanges.
io::task<std::uint64_t> count_exchanges() {
    auto [client, server] = co_await connect();
    std::uint64_t before = 0;
    for (int round = 0; round < 1200; ++round) {
        if (round == 200) before = counted::allocations();
        const bool fine = co_await exchange(client, server);
        if (!fine) FAIL_CHECK("an exchange failed");
    }
    co_return counted::allocations() - before;
}

/// Of a goodbye, from the end of a stream to the moment when its peer has heard of it.
io::task<std::uint64_t> count_goodbye() {
    auto [client, server] = co_await connect();
    const bool fine = co_await exchange(client, server);
    CHECK(fine);
    io::frame_pool::trim();
    const auto before = counted::allocations();

    client = tls();
    std::array<char, 1> room;
    const auto end = co_await server.receive(room);

    const auto after = counted::allocations();
    CHECK(end);
    CHECK(*end == 0);
    co_return after - before;
}

using tls_door = io::tls_listener<io::tcp_listener>;

/// Closes each peer, until nobody can come any more. A lack of memory is told once: then it goes
/// on.
io::task<io::result<void>> say_goodbye_to_all(tls_door& door) {
    io::result<void> told;
    for (int left = 3; left > 0;) try {
            const auto peer = co_await door.accept();
            if (peer) continue;
            if (peer.error() == io::error::closed) co_return told;
            told = peer.error();
            --left;
        } catch (const std::bad_alloc&) {
            told = std::make_error_code(std::errc::not_enough_memory);
            --left;
        }
    co_return io::error::limit_exceeded;
}

/// Until the server says goodbye.
io::task<io::result<void>> visit(tls_door& door, const io::tls_context& rules) {
    auto below = co_await io::or_return(co_await io::connect_tcp(door.local_address().value()));
    auto peer = co_await io::or_return(
        co_await io::tls_connect(std::move(below), rules, {.server_name = "server.test"}));
    std::array<char, 1> room;
    const auto end = co_await io::within(2s, peer.receive(room));
    co_return end.error();
}

/// A peer that is dropped comes once more.
io::task<io::result<void>> visit_twice(tls_door& door, const io::tls_context& rules) {
    const struct closes_at_the_end {
        tls_door& door;
        ~closes_at_the_end() { door.close(); }
    } at_last{door};
    const auto first = co_await visit(door, rules);
    if (first) co_return {};
    const auto second = co_await visit(door, rules);
    co_return second;
}

io::task<io::result<void>> serve_a_peer() {
    static const auto serving = server_context();
    static const auto asking = client_context();
    auto below = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    auto door = co_await io::or_return(tls_door::open(std::move(below), serving));
    const auto both = co_await io::when_all(say_goodbye_to_all(door), visit_twice(door, asking));
    co_return std::get<1>(both) ? std::get<0>(both) : std::get<1>(both);
}

enum class ending { fine, no_memory, wrong };

ending run_round() {
    try {
        const auto how = io::run(serve_a_peer());
        if (how) return ending::fine;
        return how.error() == std::errc::not_enough_memory ? ending::no_memory : ending::wrong;
    } catch (const std::bad_alloc&) {
        return ending::no_memory;
    }
}

}  // namespace

// OpenSSL asks malloc for some of each record, which is not counted here.
TEST_CASE("an exchange over TLS allocates nothing") {
    if (!counted::available() || !counted::frames_are_pooled()) {
        MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
        return;
    }

    const std::uint64_t of_a_thousand = io::run(count_exchanges());

    CHECK(of_a_thousand == 0);
}

TEST_CASE(
    "who sends or receives over TLS without memory is told, and goes on with the rest later") {
    if (!counted::available() || !counted::frames_are_pooled()) {
        MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
        return;
    }
    bool failed = false;
    REQUIRE(io::run(times_told(0, failed)) == 0);
    REQUIRE(!failed);

    std::uint64_t nth = 0;
    do {
        const int told = io::run(times_told(++nth, failed));
        CAPTURE(nth);
        CHECK(told == (failed ? 1 : 0));
    } while (failed);

    CHECK(nth > 3);
}

TEST_CASE("a goodbye of TLS needs no memory: nobody could be told of a lack of it") {
    if (!counted::available() || !counted::frames_are_pooled()) {
        MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
        return;
    }

    CHECK(io::run(count_goodbye()) == 0);
}

TEST_CASE("without memory for a peer a listener of TLS says so, or loses it, and serves the next") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    REQUIRE(run_round() == ending::fine);
    io::frame_pool::trim();
    const auto alive_before = counted::alive();
    std::uint64_t nth = 0, told = 0, hung = 0, leaked = 0;
    for (bool failed = true; failed;) {
        counted::fail_at(++nth);
        const ending how = run_round();
        failed = counted::failed();
        counted::fail_at(0);
        io::frame_pool::trim();
        told += how == ending::no_memory;
        hung += how == ending::wrong;

        leaked += counted::alive() != alive_before;
    }

    std::cout << "of " << nth - 1 << " allocations told: " << told << std::endl;
    CHECK(told > 10);
    CHECK(hung == 0);
    CHECK(leaked == 0);
}
