#include "bench/echo/socket.hpp"

#include <ostream>
#include <thread>

#include <doctest/doctest.h>

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
