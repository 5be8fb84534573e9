#include "bench/echo/socket.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "bench/harness.hpp"

using namespace std::chrono_literals;

TEST_CASE("a wait for a connection ends with it, or when none has come in time") {
    const bench::listening door = bench::listen_on_loopback();

    CHECK_THROWS_AS(bench::accept_within(1ms, door.socket), std::runtime_error);
    const int client = bench::connect_to(door.address);
    const int peer = bench::accept_within(60s, door.socket);

    CHECK(peer >= 0);
    for (const int each : {peer, client, door.socket}) close(each);
}

TEST_CASE("what needs more descriptors than are granted cannot run here, and says how many") {
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_max == RLIM_INFINITY) {
        MESSAGE("skipped: as many descriptors are granted as one likes");
        return;
    }

    CHECK_NOTHROW(bench::need_descriptors(limit.rlim_max));
    try {
        bench::need_descriptors(limit.rlim_max + 1);
        FAIL("it would run");
    } catch (const bench::unavailable& why) {
        CHECK(std::string(why.what()) == "needs " + std::to_string(limit.rlim_max + 1) +
                                             " descriptors; ulimit -Hn says " +
                                             std::to_string(limit.rlim_max));
    }
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
