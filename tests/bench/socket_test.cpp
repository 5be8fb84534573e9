#include "bench/echo/socket.hpp"

#include <unistd.h>

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("a wait for a connection ends with it, or when none has come in time") {
    const bench::listening door = bench::listen_on_loopback();

    CHECK_THROWS_AS(bench::accept_within(1ms, door.socket), std::runtime_error);
    const int client = bench::connect_to(door.address);
    const int peer = bench::accept_within(60s, door.socket);

    CHECK(peer >= 0);
    for (const int each : {peer, client, door.socket}) close(each);
}

TEST_CASE("whoever may use one CPU has none for two, however many there are") {
    bench::two_processors found{};
    const bench::two_processors all = bench::processors_for_two();

    // A thread of its own: the test stays where it was.
    std::thread([&] {
        if (all.load >= 0) bench::pin_to(all.load);
        found = bench::processors_for_two();
    }).join();

    CHECK(found.load == -1);
    CHECK(found.server == -1);
}
