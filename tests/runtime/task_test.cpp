#include "runtime/task.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"
#include "tests/dies_with.hpp"
#include "tests/stress/rounds.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::error;
using lariat::or_return;
using lariat::result;
using lariat::task;

namespace {

/// Writes its name when it dies.
struct mourner {
    mourner(std::string& where, char what) : into(where), name(what) {}
    mourner(const mourner&) = delete;
    ~mourner() { into += name; }
    std::string& into;
    char name;
};

template <class T>
T run(task<T> body) {
    manual_home at;
    running<T> whole(at, std::move(body));
    at.run_until_idle();
    return whole.take();
}

task<int> answer() { co_return 42; }
task<std::unique_ptr<int>> boxed() { co_return std::make_unique<int>(7); }
task<> nothing() { co_return; }
task<int> thrower() {
    throw std::runtime_error("thrown");
    co_return 0;
}

task<int> sum_of_two() {
    const int one = co_await answer();
    const int other = co_await answer();
    co_return one + other;
}

task<std::string> catches() {
    try {
        (void)co_await thrower();
    } catch (const std::runtime_error& caught) {
        co_return caught.what();
    }
    co_return "nothing was thrown";
}

task<result<int>> fails_early(std::string& deaths) {
    mourner outer(deaths, 'o');
    mourner inner(deaths, 'i');
    const int got = co_await or_return(result<int>(error::closed));
    deaths += '!';
    co_return got;
}

task<std::string> goes_on_after(std::string& deaths) {
    const auto got = co_await fails_early(deaths);
    std::string seen = deaths;
    co_return got ? "a value" : seen;
}

task<std::uint64_t> deep(std::uint64_t levels, mourner* guard) {
    if (levels == 0) {
        co_await lariat::yield();
        co_return 0;
    }
    const std::uint64_t below = co_await deep(levels - 1, guard);
    co_return below + 1;
}

task<> deep_and_stuck(std::uint64_t levels, lariat::event& never_set, std::uint64_t& alive) {
    struct counted {
        explicit counted(std::uint64_t& where) : count(where) { ++count; }
        ~counted() { --count; }
        std::uint64_t& count;
    } one(alive);
    if (levels == 0)
        (void)co_await never_set.wait();
    else
        co_await deep_and_stuck(levels - 1, never_set, alive);
}

/// How far the stack reaches, seen from coroutines.
struct stack_extent {
    std::uintptr_t least = UINTPTR_MAX;
    std::uintptr_t most = 0;

    [[gnu::noinline]] void look() {
        const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        least = std::min(least, here);
        most = std::max(most, here);
    }
    std::uintptr_t size() const { return most - least; }
};

task<int> looks(stack_extent& stack) {
    stack.look();
    co_return 1;
}

task<std::uint64_t> awaits_often(std::uint64_t times, stack_extent& stack) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < times; ++i) {
        const int one = co_await looks(stack);
        sum += static_cast<std::uint64_t>(one);
    }
    co_return sum;
}

task<> holds(std::string& deaths, char name, lariat::event& never_set) {
    mourner own(deaths, name);
    (void)co_await never_set.wait();
}

task<> holds_around(std::string& deaths, lariat::event& never_set) {
    mourner own(deaths, 'a');
    co_await holds(deaths, 'b', never_set);
}

}  // namespace

TEST_CASE("a task yields what it returns, to its one awaiter") {
    CHECK(run(answer()) == 42);
    CHECK(*run(boxed()) == 7);
    CHECK(run(sum_of_two()) == 84);
    run(nothing());
}

TEST_CASE("a task is lazy: it starts when it is awaited") {
    bool started = false;
    const auto body = [](bool& began) -> task<> {
        began = true;
        co_return;
    };

    {
        task<> never_awaited = body(started);
        CHECK(static_cast<bool>(never_awaited));
    }

    CHECK(!started);
}

TEST_CASE("an exception passes through to the awaiter") {
    CHECK(run(catches()) == "thrown");
    CHECK_THROWS_AS(run(thrower()), std::runtime_error);
}

TEST_CASE("or_return keeps the count of a transfer that failed in a task of one") {
    auto fails = []() -> task<lariat::transfer> { co_return {make_error_code(error::closed), 7}; };
    auto passes_on = [&]() -> task<lariat::transfer> {
        const std::size_t moved = co_await or_return(co_await fails());
        co_return moved;
    };

    manual_home at;
    running all(at, passes_on());
    at.run_until_idle();

    const lariat::transfer told = all.take();

    CHECK(told.error() == error::closed);
    CHECK(told.count() == 7);
}

TEST_CASE("or_return destroys the locals before the caller goes on") {
    std::string deaths;

    const std::string seen = run(goes_on_after(deaths));

    CHECK(seen == "io");
    CHECK(deaths == "io");
}

TEST_CASE("an error that is returned early is the task's result") {
    const auto outer = []() -> task<result<int>> {
        std::string deaths;
        const int got = co_await or_return(co_await fails_early(deaths));
        co_return got;
    };

    CHECK(run(outer()).error() == make_error_code(error::closed));
}

TEST_CASE("a hundred thousand tasks deep is not too deep") {
    const std::uint64_t levels = rounds(100'000);

    CHECK(run(deep(levels, nullptr)) == levels);
}

TEST_CASE("a hundred thousand tasks can be destroyed while the innermost is suspended") {
    manual_home at;
    lariat::event never_set;
    const std::uint64_t levels = rounds(100'000);
    std::uint64_t alive = 0;
    {
        running whole(at, deep_and_stuck(levels, never_set, alive));
        at.run_until_idle();
        REQUIRE(alive == levels + 1);
    }

    CHECK(alive == 0);
    CHECK(at.idle());
}

TEST_CASE("ten million awaits that complete at once do not grow the stack") {
    const std::uint64_t times = rounds(10'000'000);
    stack_extent stack;

    const std::uint64_t sum = run(awaits_often(times, stack));

    MESSAGE(times << " awaits used " << stack.size() << " bytes of stack");
    CHECK(sum == times);
    CHECK(stack.size() < 64 * 1024);
}

TEST_CASE("frames of a destroyed line die from the innermost outwards") {
    manual_home at;
    lariat::event never_set;
    std::string deaths;
    {
        running whole(at, holds_around(deaths, never_set));
        at.run_until_idle();
    }

    CHECK(deaths == "ba");
}

TEST_CASE("moving a task moves its frame, and what it held before is destroyed") {
    std::string deaths;
    const auto body = [](std::unique_ptr<mourner>) -> task<> { co_return; };
    task<> first = body(std::make_unique<mourner>(deaths, '1'));
    task<> second = body(std::make_unique<mourner>(deaths, '2'));

    first = std::move(second);

    CHECK(deaths == "1");
    CHECK(static_cast<bool>(first));
    CHECK(!static_cast<bool>(second));
}

TEST_CASE("awaiting a task twice is caught") {
    const bool caught = dies_with("awaited twice, or empty", [] {
        manual_home at;
        const auto twice = [](task<int> once) -> task<> {
            const int first = co_await std::move(once);
            const int second = co_await std::move(once);
            (void)(first + second);
        };
        running whole(at, twice(answer()));
        at.run_until_idle();
    });

    CHECK(caught);
}

TEST_CASE("a cancelled task goes on with the error, and what it starts next fails at once") {
    manual_home at;
    std::string seen;
    const auto body = [](std::string& into) -> task<> {
        const auto first = co_await lariat::sleep_for(1h);
        into += first.error().message() + ", ";
        const auto second = co_await lariat::sleep_for(1h);
        into += second.error().message();
    };
    running whole(at, body(seen));
    at.run_until_idle();

    whole.cancel();
    at.run_until_idle();

    CHECK(seen == "canceled, canceled");
    CHECK(whole.done());
}
