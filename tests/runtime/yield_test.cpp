#include "runtime/yield.hpp"

#include <coroutine>
#include <exception>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/cancelled.hpp"

using namespace lariat::testing;
using lariat::task;

namespace {

task<> write(std::string& into, char name, int times) {
    for (int i = 0; i < times; ++i) {
        into += name;
        co_await lariat::yield();
    }
}

}  // namespace

TEST_CASE("yield lets everything else that is ready run first") {
    manual_home at;
    std::string order;
    running a(at, write(order, 'a', 3));
    running b(at, write(order, 'b', 3));
    running c(at, write(order, 'c', 2));

    at.run_until_idle();

    CHECK(order == "abcabcab");
    CHECK((a.done() && b.done() && c.done()));
}

TEST_CASE("yield is not cancelled: it ends at its next turn anyway") {
    manual_home at;
    std::string order;
    running a(at, write(order, 'a', 3));
    at.run_turn();
    a.cancel();

    at.run_until_idle();

    CHECK(order == "aaa");
    CHECK(a.done());
}

TEST_CASE("a task may be destroyed while it yields") {
    manual_home at(lariat::home_budgets{.resumptions = 1});
    std::string order;
    {
        running a(at, write(order, 'a', 10));
        at.run_turn();
        REQUIRE(order == "a");
    }

    at.run_until_idle();

    CHECK(order == "a");
}

TEST_CASE("a turn resumes no more than its budget, and the next goes on") {
    manual_home at(lariat::home_budgets{.resumptions = 10});
    std::string order;
    running a(at, write(order, 'a', 100));

    const bool more = at.run_turn();

    CHECK(more);
    CHECK(order.size() == 10);
    at.run_until_idle();
    CHECK(order.size() == 100);
}

namespace {

/// A coroutine that knows nothing of strands, and ends by itself.
struct stranger {
    struct promise_type {
        stranger get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

stranger yields(bool& done, std::error_code& cancelled) {
    co_await lariat::yield();
    cancelled = lariat::cancelled();
    done = true;
}

}  // namespace

TEST_CASE("yield: a foreign coroutine goes on without the strand of who started it") {
    manual_home at;
    bool done = false;
    std::error_code cancelled;
    auto starts = [&]() -> task<> {
        yields(done, cancelled);
        co_return;
    };

    running cancels(at, starts());
    cancels.cancel();
    at.run_until_idle();

    CHECK(done);
    CHECK(!cancelled);
}
