#include "runtime/when_any.hpp"

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
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
const auto stopped = make_error_code(io::error::stopped);

struct outcome {
    std::size_t index;
    io::result<std::size_t> first;
    io::result<std::size_t> second;
};

io::task<outcome> race(fake_operation& first, fake_operation& second) {
    auto any = co_await io::when_any(first, second);
    co_return outcome{any.index, any.get<0>(), any.get<1>()};
}

io::task<std::size_t> thrower() {
    co_await io::yield();
    throw std::runtime_error("thrown");
}

}  // namespace

TEST_CASE("when_any yields who was first, and cancels the others") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation first(provider), second(provider);

    running all(at, race(first, second));
    at.run_until_idle();
    provider.succeed(7);
    at.run_until_idle();

    const auto end = all.take();
    CHECK(end.index == 0);
    CHECK(*end.first == 7);
    CHECK(end.second.error() == canceled);
    CHECK(provider.asked() == std::vector{canceled});
}

TEST_CASE("when_any waits for those who lost") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation first(provider), second(provider);

    running all(at, race(first, second));
    at.run_until_idle();
    provider.succeed();
    at.run_until_idle();
    const bool early = all.done();
    provider.give_up();
    at.run_until_idle();

    CHECK(!early);
    CHECK(all.take().second.error() == canceled);
}

TEST_CASE("a loser that had won already keeps what it has") {
    manual_home at;
    fake_provider provider(at, fake_kind::declines);
    fake_operation first(provider), second(provider);

    running all(at, race(first, second));
    at.run_until_idle();
    provider.succeed(1);
    provider.succeed(2);
    at.run_until_idle();

    const auto end = all.take();
    CHECK(end.index == 0);
    CHECK(*end.first == 1);
    CHECK(*end.second == 2);
}

TEST_CASE("a member that is over at once wins, and those after it start nothing") {
    manual_home at;
    fake_provider ready(at, fake_kind::finishes_in_start);
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation first(provider), second(ready), third(provider);
    auto body = [&]() -> io::task<std::size_t> {
        auto any = co_await io::when_any(first, second, third);
        CHECK(any.get<0>().error() == canceled);
        CHECK(any.get<2>().error() == canceled);
        co_return any.index;
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(all.take() == 1);
    CHECK(provider.started() == 1);
}

TEST_CASE("when_any of a range says who was first, and what every member yielded") {
    manual_home at;
    auto sleeps = [](io::duration span) -> io::task<io::result<int>> {
        const auto slept = co_await io::sleep_for(span);
        if (!slept) co_return slept.error();
        co_return 5;
    };
    auto body = [&]() -> io::task<std::size_t> {
        std::vector<io::task<io::result<int>>> parts;
        for (int number = 0; number < 100; ++number)
            parts.push_back(sleeps(number == 57 ? 1ms : 1h));
        auto any = co_await io::when_any(std::move(parts));
        int others = 0;
        for (auto& each : any.results) others += each.error() == canceled;
        CHECK(others == 99);
        CHECK(*any.results[57] == 5);
        co_return any.index;
    };

    running all(at, body());
    at.advance(1ms);

    CHECK(all.take() == 57);
}

TEST_CASE("a member that throws is rethrown when all are over") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation slow(provider);
    std::string caught;
    auto body = [&]() -> io::task<> {
        try {
            (void)co_await io::when_any(slow, thrower());
        } catch (const std::exception& thrown) {
            caught = thrown.what();
        }
    };

    running all(at, body());
    at.run_until_idle();
    const std::string early = caught;
    provider.give_up();
    at.run_until_idle();

    CHECK(early.empty());
    CHECK(caught == "thrown");
}

TEST_CASE("a loser that throws as it is cancelled is rethrown too") {
    manual_home at;
    std::string caught;
    auto throws_when_cancelled = []() -> io::task<> {
        if (!co_await io::sleep_for(1h)) throw std::runtime_error("late");
    };
    auto body = [&]() -> io::task<> {
        try {
            (void)co_await io::when_any(io::sleep_for(1ms), throws_when_cancelled());
        } catch (const std::exception& thrown) {
            caught = thrown.what();
        }
    };

    running all(at, body());
    at.advance(1ms);

    CHECK(caught == "late");
}

TEST_CASE("a cancel from outside ends every member with its reason") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation first(provider), second(provider);

    running all(at, race(first, second));
    at.run_until_idle();
    all.cancel(stopped);
    at.run_until_idle();

    const auto end = all.take();
    CHECK(end.first.error() == stopped);
    CHECK(end.second.error() == stopped);
}

TEST_CASE("a cancel from outside after the race was decided changes nothing") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation first(provider), second(provider);

    running all(at, race(first, second));
    at.run_until_idle();
    provider.succeed(9);
    at.run_until_idle();
    all.cancel(stopped);
    provider.give_up();
    at.run_until_idle();

    const auto end = all.take();
    CHECK(*end.first == 9);
    CHECK(end.second.error() == canceled);
}

TEST_CASE("races nest, and a loser is a whole tree") {
    manual_home at;
    int cancelled = 0;
    auto leaf = [&]() -> io::task<> { cancelled += !co_await io::sleep_for(1h); };
    auto body = [&]() -> io::task<std::size_t> {
        auto any = co_await io::when_any(io::when_any(leaf(), io::when_any(leaf(), leaf())),
                                         io::sleep_for(1ms));
        co_return any.index;
    };

    running all(at, body());
    at.advance(1ms);

    CHECK(all.take() == 1);
    CHECK(cancelled == 3);
}

TEST_CASE("a suspended race may be destroyed, decided or not") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation first(provider), second(provider);
    {
        running undecided(at, race(first, second));
        at.run_until_idle();
    }
    {
        running decided(at, race(first, second));
        at.run_until_idle();
        provider.succeed();
        at.run_until_idle();
    }

    CHECK(provider.pending() == 0);
    CHECK(at.idle());
}
