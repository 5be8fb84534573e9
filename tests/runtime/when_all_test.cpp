#include "runtime/when_all.hpp"

#include <chrono>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/event.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto broken = std::make_error_code(std::errc::io_error);

io::task<int> number_after(io::duration span, int number) {
    (void)co_await io::sleep_for(span);
    co_return number;
}

io::task<> nothing() { co_return; }

io::task<std::string> thrower(std::string what) {
    co_await io::yield();
    throw std::runtime_error(what);
}

/// Returns: the message of what `body` throws.
io::task<std::string> thrown_by(io::task<> body) {
    try {
        co_await std::move(body);
    } catch (const std::exception& thrown) {
        co_return thrown.what();
    }
    co_return "nothing";
}

}  // namespace

TEST_CASE("when_all yields what each member yields, in their order") {
    manual_home at;
    auto body = [&]() -> io::task<std::string> {
        auto both = co_await io::when_all(number_after(2ms, 1), nothing(), number_after(1ms, 3),
                                          io::sleep_for(1ms));
        auto& [one, none, three, slept] = both;
        static_assert(std::is_same_v<decltype(none), std::monostate>);
        co_return std::to_string(one) + std::to_string(three) + (slept ? "slept" : "failed");
    };

    running all(at, body());
    at.advance(1ms);
    const bool early = all.done();
    at.advance(1ms);

    CHECK(!early);
    CHECK(all.take() == "13slept");
}

TEST_CASE("when_all of a range yields a list that can hold what only moves") {
    manual_home at;
    auto make = [](int number) -> io::task<std::unique_ptr<int>> {
        co_await io::yield();
        co_return std::make_unique<int>(number);
    };
    auto body = [&]() -> io::task<int> {
        std::vector<io::task<std::unique_ptr<int>>> parts;
        for (int number = 1; number <= 100; ++number) parts.push_back(make(number));
        auto list = co_await io::when_all(std::move(parts));
        int sum = 0;
        for (auto& each : list) sum += *each;
        co_return sum;
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(all.take() == 5050);
}

TEST_CASE("when_all of nothing is over at once") {
    manual_home at;
    auto body = []() -> io::task<std::size_t> {
        const auto list = co_await io::when_all(std::vector<io::task<int>>());
        co_await io::when_all();
        co_return list.size();
    };

    running all(at, body());
    at.run_turn();

    CHECK(all.take() == 0);
}

TEST_CASE("when_all awaits operations that are named where they are") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation one(provider), other(provider);
    auto body = [&]() -> io::task<std::size_t> {
        auto both = co_await io::when_all(one, other);
        co_return *std::get<0>(both) + *std::get<1>(both);
    };

    running all(at, body());
    at.run_until_idle();
    provider.succeed(40);
    at.run_until_idle();
    const bool early = all.done();
    provider.succeed(2);
    at.run_until_idle();

    CHECK(!early);
    CHECK(all.take() == 42);
}

TEST_CASE("an error is a result like any other and ends no other member") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation one(provider), other(provider);
    auto body = [&]() -> io::task<bool> {
        auto both = co_await io::when_all(one, other);
        co_return std::get<0>(both).error() == broken && *std::get<1>(both) == 7;
    };

    running all(at, body());
    at.run_until_idle();
    provider.fail(broken);
    at.run_until_idle();
    provider.succeed(7);
    at.run_until_idle();

    CHECK(all.take());
    CHECK(provider.asked().empty());
}

TEST_CASE("an exception in a member cancels the others, which end first") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation slow(provider);
    auto body = [&]() -> io::task<> { (void)co_await io::when_all(slow, thrower("thrown")); };

    running all(at, thrown_by(body()));
    at.run_until_idle();
    const bool before_the_other = all.done();
    provider.give_up();
    at.run_until_idle();

    CHECK(!before_the_other);
    CHECK(provider.asked() == std::vector{canceled});
    CHECK(all.take() == "thrown");
}

TEST_CASE("of exceptions in both halves the one of the first member is rethrown") {
    manual_home at;
    auto body = []() -> io::task<> {
        (void)co_await io::when_all(thrower("left"), thrower("right"));
    };
    auto range = []() -> io::task<> {
        std::vector<io::task<std::string>> parts;
        parts.push_back(thrower("front"));
        parts.push_back(thrower("back"));
        (void)co_await io::when_all(std::move(parts));
    };

    running pack(at, thrown_by(body()));
    running list(at, thrown_by(range()));
    at.run_until_idle();

    CHECK(pack.take() == "left");
    CHECK(list.take() == "front");
}

TEST_CASE("cancel reaches every member, also those of members") {
    manual_home at;
    int ended = 0;
    auto leaf = [&]() -> io::task<> {
        const auto slept = co_await io::sleep_for(1h);
        ended += slept.error() == canceled;
    };
    auto body = [&]() -> io::task<> {
        co_await io::when_all(leaf(), io::when_all(leaf(), io::when_all(leaf(), leaf())));
    };

    running all(at, body());
    at.run_until_idle();
    all.cancel();
    at.run_until_idle();

    CHECK(all.done());
    CHECK(ended == 4);
}

TEST_CASE("members of a cancelled task fail at once and start nothing") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation one(provider), other(provider);
    auto body = [&]() -> io::task<bool> {
        auto both = co_await io::when_all(one, other);
        co_return std::get<0>(both).error() == canceled&& std::get<1>(both).error() == canceled;
    };

    running all(at, body());
    all.cancel();
    at.run_until_idle();

    CHECK(all.take());
    CHECK(provider.started() == 0);
}

TEST_CASE("a suspended when_all asks all its members to end before it waits for the first") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation one(provider), other(provider);
    std::size_t asked_at_first_end = 0;
    {
        auto body = [&]() -> io::task<> { (void)co_await io::when_all(one, other); };
        running all(at, body());
        at.run_until_idle();
        all.cancel();
        asked_at_first_end = provider.asked().size();
    }

    CHECK(asked_at_first_end == 2);
    CHECK(provider.pending() == 0);
    CHECK(at.idle());
}
