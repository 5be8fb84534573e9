#include "runtime/scope.hpp"

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/event.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

using log = std::vector<std::string>;

const auto canceled = make_error_code(io::error::canceled);
const auto stopped = make_error_code(io::error::stopped);

/// Sleeps, then writes its name, or what kept it from sleeping.
io::task<> sleeper(log& events, std::string name, io::duration span) {
    const auto slept = co_await io::sleep_for(span);
    events.push_back(slept ? std::move(name) : name + ": " + slept.error().message());
}

io::task<> thrower(std::string what) {
    co_await io::yield();
    throw std::runtime_error(what);
}

io::task<io::result<void>> failing() {
    co_await io::yield();
    co_return std::make_error_code(std::errc::io_error);
}

template <class Join>
io::task<> joined(log& events, Join join) {
    try {
        co_await join();
        events.push_back("joined");
    } catch (const std::exception& thrown) {
        events.push_back(std::string("joined: ") + thrown.what());
    }
}

/// Runs `fill(scope)`, then joins.
template <class Fill>
io::task<> with_scope(log& events, Fill fill, io::scope_policy policy = {}) {
    io::task_scope scope(policy);
    fill(scope);
    co_await joined(events, [&] { return scope.join(); });
}

}  // namespace

TEST_CASE("join waits for every child of a scope") {
    manual_home at;
    log events;
    auto fill = [&](io::task_scope& scope) {
        scope.spawn(sleeper(events, "long", 20ms));
        scope.spawn(sleeper, std::ref(events), "short", 10ms);
    };

    running all(at, with_scope(events, fill));
    at.advance(19ms);
    const bool early = all.done();
    at.advance(1ms);

    CHECK(!early);
    CHECK(all.done());
    CHECK(events == log{"short", "long", "joined"});
}

TEST_CASE("a join of nothing does not suspend") {
    manual_home at;
    log events;

    running all(at, with_scope(events, [](io::task_scope&) {}));
    at.run_turn();

    CHECK(all.done());
}

TEST_CASE("spawn keeps copies of a callable and its arguments for as long as the child runs") {
    manual_home at;
    log events;
    auto fill = [&](io::task_scope& scope) {
        const std::string owned(100, 'x');
        const std::string given = "given";
        auto body = [&events, owned](const std::string& text) -> io::task<> {
            (void)co_await io::sleep_for(1ms);
            events.push_back(text + std::to_string(owned.size()));
        };
        scope.spawn(body, given);
    };

    running all(at, with_scope(events, fill));
    at.advance(1ms);

    CHECK(events == log{"given100", "joined"});
}

TEST_CASE("a child that throws cancels its siblings, and join rethrows when they have ended") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation slow(provider);
    log events;
    auto fill = [&](io::task_scope& scope) {
        auto waits = [&]() -> io::task<> {
            const auto got = co_await slow;
            events.push_back(got.error().message());
        };
        scope.spawn(waits);
        scope.spawn(thrower("first"));
        scope.spawn(thrower("second"));
    };

    running all(at, with_scope(events, fill));
    at.run_until_idle();
    const bool before_the_sibling = all.done();
    provider.give_up();
    at.run_until_idle();

    CHECK(!before_the_sibling);
    CHECK(events == log{"canceled", "joined: first"});
}

TEST_CASE("an exception of a child reaches a join that begins after it") {
    manual_home at;
    log events;
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(thrower("early"));
        (void)co_await io::sleep_for(1ms);
        co_await joined(events, [&] { return scope.join(); });
    };

    running all(at, body());
    at.advance(1ms);

    CHECK(events == log{"joined: early"});
}

TEST_CASE("an exception that nobody joins for is named on stderr") {
    const child_end end = run_in_child([] {
        manual_home at;
        io::task_scope scope;
        scope.spawn(thrower("nobody looked"));
        at.run_until_idle();
    });

    CHECK(end.status == 0);
    CHECK(end.said == "lariat: a task_scope was not joined: its child threw: nobody looked\n");
}

TEST_CASE("a child that returns an error leaves its siblings alone, unless the scope fails fast") {
    manual_home at;
    log kept_going, failed_fast;
    auto fill = [](log& events) {
        return [&events](io::task_scope& scope) {
            scope.spawn(sleeper(events, "slept", 1ms));
            scope.spawn(failing());
        };
    };

    running patient(at, with_scope(kept_going, fill(kept_going)));
    running hasty(at, with_scope(failed_fast, fill(failed_fast), io::scope_policy::fail_fast));
    at.advance(1ms);

    CHECK(kept_going == log{"slept", "joined"});
    CHECK(failed_fast == log{"slept: canceled", "joined"});
}

TEST_CASE("cancel and stop of whoever owns a scope reach its children, with their own reasons") {
    manual_home at;
    log events;
    auto fill = [&](io::task_scope& scope) { scope.spawn(sleeper(events, "slept", 1h)); };

    running one(at, with_scope(events, fill));
    at.run_until_idle();
    one.cancel(canceled);
    at.run_until_idle();
    running other(at, with_scope(events, fill));
    at.run_until_idle();
    at.stop();
    at.run_until_idle();

    CHECK(one.done());
    CHECK(other.done());
    CHECK(events == log{"slept: canceled", "joined", "slept: stopped", "joined"});
}

TEST_CASE("a child spawned into a cancelled scope starts cancelled") {
    manual_home at;
    log events;
    auto fill = [&](io::task_scope& scope) {
        scope.cancel(stopped);
        scope.spawn(sleeper(events, "slept", 1h));
    };

    running all(at, with_scope(events, fill));
    at.run_until_idle();

    CHECK(events == log{"slept: stopped", "joined"});
}

TEST_CASE("a scope made in a task that is cancelled already is cancelled") {
    manual_home at;
    log events;
    auto fill = [&](io::task_scope& scope) { scope.spawn(sleeper(events, "slept", 1h)); };

    running all(at, with_scope(events, fill));
    all.cancel();
    at.run_until_idle();

    CHECK(events == log{"slept: canceled", "joined"});
}

TEST_CASE("drain waits so long, then cancels, then joins") {
    manual_home at;
    log events;
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(sleeper(events, "in time", 9ms));
        scope.spawn(sleeper(events, "late", 11ms));
        co_await joined(events, [&] { return scope.drain(10ms); });
    };

    running all(at, body());
    at.advance(10ms);

    CHECK(events == log{"in time", "late: canceled", "joined"});
}

TEST_CASE("drain ends as soon as the last child has ended") {
    manual_home at;
    log events;
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(sleeper(events, "in time", 1ms));
        co_await joined(events, [&] { return scope.drain(1h); });
    };

    running all(at, body());
    at.advance(1ms);

    CHECK(all.done());
    CHECK(at.timers().empty());
}

TEST_CASE("a scope that was joined takes children again") {
    manual_home at;
    log events;
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        for (const char* name : {"one", "two"}) {
            scope.spawn(sleeper(events, name, 1ms));
            co_await scope.join();
        }
    };

    running all(at, body());
    at.advance(2ms);

    CHECK(all.done());
    CHECK(events == log{"one", "two"});
}

TEST_CASE("a scope destroyed without join cancels its children and waits for their providers") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    bool resumed = false;
    fake_operation one(provider), other(provider);
    auto wait_for = [&](fake_operation& operation) -> io::task<> {
        (void)co_await operation;
        resumed = true;
    };
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(wait_for, std::ref(one));
        scope.spawn(wait_for, std::ref(other));
        (void)co_await io::sleep_for(1ms);
    };

    running all(at, body());
    at.advance(1ms);

    CHECK(all.done());
    CHECK(provider.pending() == 0);
    CHECK(provider.asked() == std::vector{canceled, canceled});
    CHECK(!resumed);
}

TEST_CASE("a tree of scopes ends from its leaves") {
    manual_home at;
    log events;
    auto inner = [&](std::string name) -> io::task<> {
        io::task_scope scope;
        scope.spawn(sleeper(events, name + " leaf", 1h));
        co_await scope.join();
        events.push_back(name);
    };
    auto fill = [&](io::task_scope& scope) {
        scope.spawn(inner, "one");
        scope.spawn(inner, "two");
    };

    running all(at, with_scope(events, fill));
    at.run_until_idle();
    all.cancel();
    at.run_until_idle();

    CHECK(all.done());
    CHECK(events.back() == "joined");
    CHECK(events.size() == 5);
}

TEST_CASE("a suspended tree of scopes may be destroyed") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation operation(provider);
    auto leaf = [&]() -> io::task<> { (void)co_await operation; };
    auto inner = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(leaf);
        co_await scope.join();
    };
    log events;
    {
        running all(at, with_scope(events, [&](io::task_scope& scope) { scope.spawn(inner); }));
        at.run_until_idle();
    }

    CHECK(provider.pending() == 0);
    CHECK(at.idle());
    CHECK(events.empty());
}
