#include "runtime/latch.hpp"

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_latch.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

TEST_CASE_TEMPLATE("a latch opens when it was counted down, and stays open", Latch, io::latch,
                   io::concurrent_latch) {
    manual_home at;
    Latch three(3);
    int through = 0;
    auto body = [&]() -> io::task<> {
        const auto open = co_await three.wait();
        through += bool(open);
    };
    running one(at, body());
    three.count_down(2);
    at.run_until_idle();
    CHECK(through == 0);
    CHECK(three.left() == 1);

    auto last = [&]() -> io::task<> {
        const auto open = co_await three.arrive_and_wait();
        through += bool(open);
    };
    running two(at, last());
    running after(at, body());
    at.run_until_idle();

    CHECK(through == 3);
}

TEST_CASE_TEMPLATE("a latch of nothing is open, and one that is open is not counted down", Latch,
                   io::latch, io::concurrent_latch) {
    manual_home at;
    Latch none(0);
    bool through = false;
    auto body = [&]() -> io::task<> { through = bool(co_await none.wait()); };
    running one(at, body());
    at.run_until_idle();

    CHECK(through);
    CHECK(dies_with("latch: counted down below zero", [] { Latch(1).count_down(2); }));
}
