#include "runtime/clock.hpp"

#include <limits>
#include <ostream>

#include <doctest/doctest.h>

#include "aio/testing/manual_clock.hpp"

using namespace std::chrono_literals;
using lariat::after;
using lariat::duration;
using lariat::forever;
using lariat::never;
using lariat::time_point;
using lariat::to_duration;

TEST_CASE("after adds a span to a point") {
    const time_point start(5s);

    CHECK(after(start, 2s) == time_point(7s));
    CHECK(after(start, 1ns) == start + 1ns);
}

TEST_CASE("after counts a negative span as 0") {
    CHECK(after(time_point(5s), -1ns) == time_point(5s));
    CHECK(after(time_point(5s), duration::min()) == time_point(5s));
}

TEST_CASE("after saturates to never") {
    CHECK(after(time_point(5s), forever) == never);
    CHECK(after(never, 1ns) == never);
    CHECK(after(never, 0ns) == never);
    CHECK(after(never - 10ns, 10ns) == never);
    CHECK(after(never - 10ns, 9ns) == never - 1ns);
}

TEST_CASE("any unit of time becomes a duration") {
    CHECK(to_duration(3h) == 3h);
    CHECK(to_duration(7ms) == 7'000'000ns);
    CHECK(to_duration(std::chrono::duration<double>(0.25)) == 250ms);
}

TEST_CASE("a fraction rounds up, so that a short wait never becomes none") {
    using picoseconds = std::chrono::duration<long long, std::pico>;

    CHECK(to_duration(picoseconds(1)) == 1ns);
    CHECK(to_duration(picoseconds(1001)) == 2ns);
    CHECK(to_duration(std::chrono::duration<double>(1e-12)) == 1ns);
}

TEST_CASE("what a duration cannot hold saturates") {
    CHECK(to_duration(std::chrono::hours::max()) == forever);
    CHECK(to_duration(std::chrono::hours(3'000'000)) == forever);
    CHECK(to_duration(std::chrono::duration<double>(1e300)) == forever);
    CHECK(to_duration(std::chrono::duration<double>(std::numeric_limits<double>::infinity())) ==
          forever);
    CHECK(to_duration(forever) == forever);
}

TEST_CASE("a negative span becomes 0") {
    CHECK(to_duration(-1s) == 0s);
    CHECK(to_duration(std::chrono::hours::min()) == 0s);
    CHECK(to_duration(std::chrono::duration<double>(-1e300)) == 0s);
}

TEST_CASE("the system's clock is the one the kernel's waits use") {
    const auto before = std::chrono::steady_clock::now();
    const auto now = lariat::clock::system().now();

    CHECK(now >= before);
    CHECK(now <= std::chrono::steady_clock::now());
}

TEST_CASE("a manual clock stands still until it is moved") {
    lariat::testing::manual_clock clock;
    const auto start = clock.now();

    clock.advance(5ms);
    clock.advance(-1h);

    CHECK(clock.now() == start + 5ms);
    clock.advance(forever);
    CHECK(clock.now() == never);
}
