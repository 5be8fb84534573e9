#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <random>
#include <span>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/transport_suite.hpp"
#include "aio/transport/inproc.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_any.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/transport/local_subjects.hpp"
#include "tests/aio/transport/subjects.hpp"
#include "tests/stress/crowd.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<> yields(std::uint64_t count) {
    for (; count != 0; --count) co_await io::yield();
}

template <class T>
io::task<T> cancelled_after(std::uint64_t steps, io::task<T> work) {
    auto race = co_await io::when_any(std::move(work), yields(steps));
    co_return std::move(race.template get<0>());
}

struct receive_outcomes {
    std::uint64_t canceled = 0;
    std::uint64_t received = 0;
    std::uint64_t bytes = 0;
    bool in_order = true;
};

io::task<io::result<std::size_t>> receive(io::inproc_stream& from, io::buffer_view into) {
    co_return co_await from.receive(into);
}

io::task<receive_outcomes> receive_and_give_up(io::inproc_stream from, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    receive_outcomes all;
    std::array<std::uint8_t, 3> room;
    for (;;) {
        const auto got = co_await cancelled_after(random() % 6, receive(from, room));
        if (!got) {
            ++all.canceled;
            continue;
        }
        if (*got == 0) co_return all;
        ++all.received;
        for (const auto each : std::span(room).first(*got))
            all.in_order = all.in_order && each == static_cast<std::uint8_t>(all.bytes++);
    }
}

io::task<> send_one_by_one(io::inproc_stream to, std::uint64_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::uint64_t sent = 0; sent < count; ++sent) {
        const auto byte = static_cast<std::uint8_t>(sent);
        const auto done = co_await to.send(std::span(&byte, 1));
        if (!done) co_return;
        co_await yields(random() % 4);
    }
}

/// Dials so often, and gives up at random. Returns: how many connections were made.
io::task<std::uint64_t> dial_and_give_up(std::uint64_t rounds, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uint64_t made = 0;
    for (; rounds != 0; --rounds) {
        auto stream = co_await cancelled_after(random() % 6, io::connect_inproc("stress"));
        if (!stream) continue;
        const auto sent = co_await stream->send("x");
        made += sent.has_value();
    }
    co_return made;
}

io::task<> say_goodbye() {
    auto stream = co_await io::connect_inproc("stress");
    const auto sent = co_await stream->send("q");
    CHECK(sent);
}

/// Accepts until a peer says that it is the last. Returns: how many others sent their byte.
io::task<std::uint64_t> accept_and_give_up(io::inproc_listener& door, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uint64_t heard = 0;
    std::array<char, 1> byte;
    for (;;) {
        auto peer = co_await cancelled_after(random() % 6, door.accept());
        if (!peer) continue;
        const auto got = co_await peer->receive(byte);
        if (!got || *got == 0) continue;
        if (byte[0] == 'q') co_return heard;
        ++heard;
    }
}

}  // namespace

TEST_CASE("stress: of receives that are cancelled as another thread sends none loses a byte") {
    auto random = seeded("inproc receives");
    const std::uint64_t count = rounds(100'000);
    auto ends = io::make_inproc_pair({.capacity = 4});
    const std::uint64_t seed_of_sender = random();

    std::thread sender(
        [&] { io::run(send_one_by_one(std::move(ends.first), count, seed_of_sender)); });
    const auto all = io::run(receive_and_give_up(std::move(ends.second), random()));
    sender.join();

    check_outcomes("inproc receives", {{"canceled", all.canceled}, {"received", all.received}});
    CHECK(all.bytes == count);
    CHECK(all.in_order);
}

TEST_CASE("stress: of dials and accepts that are cancelled on several threads none is lost") {
    auto random = seeded("inproc dials");
    const std::uint64_t each = rounds(20'000);
    auto door = *io::inproc_listener::open("stress", {.backlog = 2});
    std::atomic<std::uint64_t> made = 0;
    std::uint64_t heard = 0;

    std::thread acceptor([&, seed = random()] { heard = io::run(accept_and_give_up(door, seed)); });
    {
        std::jthread one([&, seed = random()] { made += io::run(dial_and_give_up(each, seed)); });
        std::jthread other([&, seed = random()] { made += io::run(dial_and_give_up(each, seed)); });
    }
    io::run(say_goodbye());
    acceptor.join();

    std::cout << "inproc dials: " << made << " made of " << 2 * each << std::endl;
    CHECK(made > 0);
    CHECK(made < 2 * each);
    CHECK(heard == made);
}

TEST_CASE_TEMPLATE("stress: many bytes over a transport arrive as they were sent", Subject,
                   subjects::tcp_v4, subjects::tcp_v6, subjects::unix_path, subjects::unix_abstract,
                   subjects::inproc) {
    auto random = seeded("transport");
    const auto bulk = rounds(64) << 20;

    const auto plain = io::testing::run_transport_suite<Subject>(
        {.bulk = bulk, .seed = random(), .patience = 600s});
    const auto erased =
        io::testing::run_transport_suite<io::testing::any_transport_subject<Subject>>(
            {.bulk = bulk, .seed = random(), .patience = 600s});

    for (const auto& failure : plain.failures) FAIL_CHECK(failure);
    for (const auto& failure : erased.failures) FAIL_CHECK(failure);
    CHECK(plain.kept == erased.kept);
}

TEST_CASE_TEMPLATE("stress: many bytes through pipes and a terminal arrive as they were sent",
                   Subject, subjects::pipes, subjects::terminal) {
    auto random = seeded("pair");

    const auto report = io::testing::run_transport_suite<Subject>(
        {.bulk = rounds(64) << 20, .seed = random(), .patience = 600s, .only = "many bytes"});

    for (const auto& failure : report.failures) FAIL_CHECK(failure);
    CHECK(report.kept == 1);
}

TEST_CASE("a crowd over TCP that is silent, dribbles or resets disturbs nobody, and is sent away") {
    crowds::expect_order(
        "TCP strangers", 4096, 1 << 20, [](auto& all, auto count, auto seed) -> io::task<> {
            auto door = io::tcp_listener::open(io::address::loopback(0)).value();
            const auto dial = [where = door.local_address().value()] {
                return io::connect_tcp(where);
            };
            co_await crowds::besiege(all, std::move(door), dial, dial, count, seed, "a line that");
        });
}

TEST_CASE("a crowd over unix sockets disturbs nobody either") {
    crowds::expect_order(
        "unix strangers", 4096, 1 << 20, [](auto& all, auto count, auto seed) -> io::task<> {
            const auto where = io::address::unix_abstract(subjects::fresh_name()).value();
            auto door = io::unix_listener::open(where).value();
            const auto dial = [where] { return io::connect_unix(where); };
            co_await crowds::besiege(all, std::move(door), dial, dial, count, seed, "a line that");
        });
}
