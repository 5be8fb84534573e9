#include "runtime/interval.hpp"

#include <chrono>
#include <cstdint>
#include <ostream>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/task.hpp"
#include "runtime/within.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

TEST_CASE("interval: ticks do not drift, however long what is done between them takes") {
    manual_home at;
    std::vector<io::duration> heard;
    const auto begin = at.now();
    auto body = [&]() -> io::task<> {
        io::interval ticks(10ms);
        while (heard.size() < 4) {
            const auto passed = co_await ticks.next();
            CHECK(*passed == 1);
            heard.push_back(at.now() - begin);
            (void)co_await io::sleep_for(7ms);
        }
    };

    running all(at, body());
    at.run_until_idle();
    for (int i = 0; i < 47; ++i) at.advance(1ms);

    CHECK(all.done());
    CHECK(heard == std::vector<io::duration>{10ms, 20ms, 30ms, 40ms});
}

TEST_CASE("interval: ticks that were missed are counted and do not come again") {
    manual_home at;
    std::vector<std::uint64_t> passed;
    auto body = [&]() -> io::task<> {
        io::interval ticks(10ms);
        (void)co_await io::sleep_for(35ms);
        for (int i = 0; i < 3; ++i) {
            const auto next = co_await ticks.next();
            passed.push_back(*next);
        }
    };

    running all(at, body());
    at.run_until_idle();
    at.advance(35ms);
    at.advance(5ms);
    at.advance(10ms);

    CHECK(all.done());
    CHECK(passed == std::vector<std::uint64_t>{3, 1, 1});
}

TEST_CASE("interval: a tick that a deadline did not wait for is the next wait's") {
    manual_home at;
    auto body = [&]() -> io::task<> {
        io::interval ticks(10ms);
        const auto late = co_await io::within(4ms, ticks.next());
        CHECK(late.error() == io::error::timed_out);
        const auto tick = co_await ticks.next();
        CHECK(*tick == 1);
    };

    running all(at, body());
    at.run_until_idle();
    at.advance(4ms);
    at.advance(6ms);

    CHECK(all.done());
    all.take();
}

TEST_CASE("interval: one without a period is a mistake that is named") {
    CHECK(dies_with("interval: its period is not above 0", [] {
        manual_home at;
        auto body = []() -> io::task<> {
            io::interval none(0ms);
            co_return;
        };
        running all(at, body());
        at.run_until_idle();
    }));
}
