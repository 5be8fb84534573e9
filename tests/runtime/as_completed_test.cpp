#include "runtime/as_completed.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

io::task<std::unique_ptr<int>> late(io::duration span, int value) {
    (void)co_await io::sleep_for(span);
    co_return std::make_unique<int>(value);
}

}  // namespace

TEST_CASE("as_completed: values come in the order in which their tasks are done") {
    manual_home at;
    std::vector<std::size_t> order;
    auto body = [&]() -> io::task<> {
        io::as_completed<std::unique_ptr<int>> all;
        for (const int span : {3, 1, 2}) all.spawn(late, io::duration(span * 1ms), span);
        while (const auto next = co_await all.next()) {
            CHECK(*next->value == std::vector<int>{3, 1, 2}[next->index]);
            order.push_back(next->index);
        }
    };

    running task(at, body());
    at.advance(3ms);

    CHECK(task.done());
    CHECK(order == std::vector<std::size_t>{1, 2, 0});
}

TEST_CASE("as_completed: a task without a value is told by its number, and none by the end") {
    manual_home at;
    auto body = []() -> io::task<> {
        io::as_completed<void> all;
        const auto none = co_await all.next();
        CHECK(none.error() == io::error::end_of_stream);
        auto nothing = []() -> io::task<> { co_return; };
        all.spawn(nothing);
        all.spawn(nothing());
        const auto first = co_await all.next();
        CHECK(first->index == 0);
        const auto second = co_await all.next();
        CHECK(second->index == 1);
        const auto end = co_await all.next();
        CHECK(end.error() == io::error::end_of_stream);
    };

    running task(at, body());
    at.run_until_idle();

    CHECK(task.done());
    task.take();
}

TEST_CASE("as_completed: no more run at once than it was told") {
    manual_home at;
    int now = 0, most = 0;
    auto counted = [&]() -> io::task<> {
        most = std::max(most, ++now);
        (void)co_await io::sleep_for(1ms);
        --now;
    };
    auto body = [&]() -> io::task<int> {
        io::as_completed<void> all({.most_running = 3});
        for (int i = 0; i < 10; ++i) all.spawn(counted);
        int taken = 0;
        while (const auto next = co_await all.next()) ++taken;
        co_return taken;
    };

    running task(at, body());
    at.advance(10ms);

    CHECK(task.take() == 10);
    CHECK(most == 3);
}

TEST_CASE("as_completed: of several who wait, those hear of the end who got nothing") {
    manual_home at;
    auto body = []() -> io::task<> {
        io::as_completed<std::unique_ptr<int>> all;
        all.spawn(late, io::duration(1ms), 7);
        auto [first, second, third] = co_await io::when_all(all.next(), all.next(), all.next());
        CHECK(*first->value == 7);
        CHECK(second.error() == io::error::end_of_stream);
        CHECK(third.error() == io::error::end_of_stream);
    };

    running task(at, body());
    at.advance(1ms);

    REQUIRE(task.done());
    task.take();
}

TEST_CASE("as_completed: a deadline takes nothing") {
    manual_home at;
    auto body = []() -> io::task<> {
        io::as_completed<std::unique_ptr<int>> all;
        all.spawn(late, io::duration(2ms), 7);
        const auto early = co_await io::within(1ms, all.next());
        CHECK(early.error() == io::error::timed_out);
        const auto value = co_await all.next();
        CHECK(*value->value == 7);
    };

    running task(at, body());
    at.advance(2ms);

    CHECK(task.done());
    task.take();
}

TEST_CASE("as_completed: what a task throws is rethrown after the values that came, and all end") {
    manual_home at;
    auto throws = []() -> io::task<int> {
        (void)co_await io::sleep_for(2ms);
        throw std::runtime_error("broken");
    };
    auto sleeps = [](io::duration span) -> io::task<int> {
        const auto slept = co_await io::sleep_for(span);
        co_return slept ? 1 : 0;
    };
    std::vector<int> values;
    auto body = [&]() -> io::task<bool> {
        io::as_completed<int> all;
        all.spawn(throws);
        all.spawn(sleeps, io::duration(1ms));
        all.spawn(sleeps, io::duration(1h));
        try {
            while (const auto next = co_await all.next()) values.push_back(next->value);
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };

    running task(at, body());
    at.advance(2ms);

    CHECK(task.take());
    CHECK(values == std::vector<int>{1, 0});
}
