#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

TEST_CASE("a scope runs no more children at once than it was told, and all of them in order") {
    manual_home at;
    std::vector<std::string> events;
    std::size_t most = 0;
    auto body = [&]() -> io::task<> {
        io::task_scope scope({.most_running = 2});
        std::size_t now = 0;
        auto child = [&](int number) -> io::task<> {
            most = std::max(most, ++now);
            events.push_back(std::to_string(number));
            (void)co_await io::sleep_for(1ms);
            --now;
        };
        for (int i = 0; i < 5; ++i) scope.spawn(child, i);
        CHECK(scope.size() == 5);
        co_await scope.join();
    };

    running all(at, body());
    at.advance(2ms);
    CHECK(!all.done());
    at.advance(1ms);

    CHECK(all.done());
    CHECK(most == 2);
    CHECK(events == std::vector<std::string>{"0", "1", "2", "3", "4"});
}

TEST_CASE("children that wait for their turn start cancelled when the scope is, or never start") {
    manual_home at;
    std::vector<std::error_code> events;
    auto held = std::make_shared<int>(0);
    auto child = [&](const std::shared_ptr<int>&) -> io::task<> {
        const auto slept = co_await io::sleep_for(1h);
        events.push_back(slept.error());
    };
    auto fill = [&](io::task_scope& scope) {
        for (int i = 0; i < 3; ++i) scope.spawn(child, held);
    };
    auto body = [&]() -> io::task<> {
        {
            io::task_scope destroyed({.most_running = 1});
            fill(destroyed);
        }
        CHECK(held.use_count() == 1);
        io::task_scope cancelled({.most_running = 1});
        fill(cancelled);
        co_await io::yield();
        cancelled.cancel();
        co_await cancelled.join();
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(all.done());
    CHECK(events == std::vector<std::error_code>(3, make_error_code(io::error::canceled)));
    CHECK(held.use_count() == 1);
}

TEST_CASE("a scope of which no child may run is a mistake that is named") {
    CHECK(dies_with("task_scope: of which no child may run",
                    [] { io::task_scope none({.most_running = 0}); }));
}
