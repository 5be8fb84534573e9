#include "runtime/generator.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

io::generator<int> count_to(int last) {
    for (int i = 1; i <= last; ++i) co_yield i;
}

/// Yields after each pause whether it was slept through.
io::generator<bool> pauses(io::duration each) {
    for (;;) {
        const auto slept = co_await io::sleep_for(each);
        co_yield static_cast<bool>(slept);
    }
}

io::generator<int> ends_when_cancelled() {
    for (int i = 1;; ++i) {
        const auto slept = co_await io::sleep_for(1h);
        if (!slept) co_return;
        co_yield i;
    }
}

io::task<std::vector<int>> all_of(io::generator<int> from) {
    std::vector<int> got;
    while (const auto next = co_await from.next()) got.push_back(*next);
    co_return got;
}

}  // namespace

TEST_CASE("generator: values come in order, then the end, again and again") {
    manual_home at;
    auto body = []() -> io::task<> {
        auto numbers = count_to(3);
        for (int i = 1; i <= 3; ++i) {
            const auto next = co_await numbers.next();
            CHECK(*next == i);
        }
        for (int i = 0; i < 2; ++i) {
            const auto next = co_await numbers.next();
            CHECK(next.error() == io::error::end_of_stream);
        }
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(all.done());
    all.take();
}

TEST_CASE("generator: many values need no deep stack, nor starve others") {
    manual_home at;
    int others = 0;
    auto counts = [&]() -> io::task<int> {
        auto numbers = count_to(200'000);
        int last = 0;
        while (const auto next = co_await numbers.next()) last = *next;
        co_return last;
    };
    auto other = [&]() -> io::task<> {
        for (; others < 10; ++others) (void)co_await io::sleep_for(0ns);
    };

    running second(at, other());
    running first(at, counts());
    while (!second.done()) at.run_turn();
    CHECK(!first.done());
    at.run_until_idle();

    CHECK(first.take() == 200'000);
}

TEST_CASE("generator: values that cannot be copied, and errors as values, pass through") {
    manual_home at;
    auto owners = []() -> io::generator<std::unique_ptr<int>> {
        co_yield std::make_unique<int>(7);
    };
    auto results = []() -> io::generator<io::result<int>> {
        co_yield 1;
        co_yield io::error::limit_exceeded;
    };
    auto body = [&]() -> io::task<> {
        auto from = owners();
        const auto owned = co_await from.next();
        CHECK(**owned == 7);
        auto mixed = results();
        const io::result<int> one = co_await mixed.next();
        CHECK(*one == 1);
        const auto refused = co_await mixed.next();
        CHECK(refused.error() == io::error::limit_exceeded);
        const auto none = co_await mixed.next();
        CHECK(none.error() == io::error::end_of_stream);
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(all.done());
    all.take();
}

TEST_CASE("generator: what it throws reaches who asked, once; then it has ended") {
    manual_home at;
    auto throws = []() -> io::generator<int> {
        co_yield 1;
        throw std::runtime_error("no more");
    };
    auto body = [&]() -> io::task<> {
        auto from = throws();
        (void)co_await from.next();
        bool thrown = false;
        try {
            (void)co_await from.next();
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        CHECK(thrown);
        const auto none = co_await from.next();
        CHECK(none.error() == io::error::end_of_stream);
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(all.done());
    all.take();
}

TEST_CASE("generator: a cancel reaches it while a value is waited for, and is forgotten then") {
    manual_home at;
    auto body = []() -> io::task<> {
        auto from = pauses(2ms);
        const auto cut = co_await io::within(1ms, from.next());
        CHECK(*cut == false);
        const auto whole = co_await from.next();
        CHECK(*whole == true);
    };

    running all(at, body());
    at.run_until_idle();
    at.advance(1ms);
    at.advance(2ms);

    CHECK(all.done());
    all.take();
}

TEST_CASE("generator: one that returns because of a cancel tells why, then that it has ended") {
    manual_home at;
    auto body = []() -> io::task<> {
        auto from = ends_when_cancelled();
        const auto late = co_await io::within(1ms, from.next());
        CHECK(late.error() == io::error::timed_out);
        const auto none = co_await from.next();
        CHECK(none.error() == io::error::end_of_stream);
    };

    running all(at, body());
    at.run_until_idle();
    at.advance(1ms);

    CHECK(all.done());
    all.take();
}

TEST_CASE("generator: asked by a cancelled task it starts nothing that waits") {
    manual_home at;
    auto body = []() -> io::task<std::error_code> {
        auto from = ends_when_cancelled();
        (void)co_await io::sleep_for(1h);
        const auto none = co_await from.next();
        co_return none.error();
    };

    running all(at, body());
    at.run_until_idle();
    all.cancel(make_error_code(io::error::stopped));
    at.run_until_idle();

    CHECK(all.take() == io::error::stopped);
}

TEST_CASE("generator: the loser of a race loses no value") {
    manual_home at;
    auto body = []() -> io::task<> {
        auto from = pauses(2ms);
        const auto first = co_await io::when_any(from.next(), io::sleep_for(1ms));
        CHECK(first.index == 1);
        const auto second = co_await io::when_any(from.next(), io::sleep_for(1h));
        CHECK(second.index == 0);
    };

    running all(at, body());
    at.run_until_idle();
    at.advance(1ms);
    at.advance(2ms);

    CHECK(all.done());
    all.take();
}

TEST_CASE("generator: one that is destroyed before, between and during its values is cleaned up") {
    manual_home at;
    auto held = std::make_shared<int>(1);
    auto keeps = [](std::shared_ptr<int>) -> io::generator<int> {
        co_yield 1;
        (void)co_await io::sleep_for(1h);
        co_yield 2;
    };
    {
        const auto never_asked = keeps(held);
        CHECK(held.use_count() == 2);
    }
    CHECK(held.use_count() == 1);
    for (const int asked : {1, 2}) {
        auto body = [&]() -> io::task<> {
            auto from = keeps(held);
            for (int i = 0; i < asked; ++i) (void)co_await from.next();
        };
        running all(at, body());
        at.run_until_idle();
        if (asked == 2) CHECK(held.use_count() == 2);
    }
    CHECK(held.use_count() == 1);
}

TEST_CASE("generator: a wait that is destroyed loses no value") {
    manual_home at;
    auto from = pauses(2ms);
    auto ask = [&]() -> io::task<bool> {
        const auto next = co_await from.next();
        co_return static_cast<bool>(next);
    };
    {
        running destroyed(at, ask());
        at.run_until_idle();
    }
    at.run_until_idle();
    running again(at, ask());
    at.run_until_idle();

    CHECK(again.take());
}

TEST_CASE("generator: a value that came for a wait that is destroyed is the next one's") {
    manual_home at;
    auto from = count_to(2);
    auto and_more = [&]() -> io::task<> {
        (void)co_await io::when_all(from.next(), io::sleep_for(1h));
    };
    auto ask = [&]() -> io::task<int> {
        const auto next = co_await from.next();
        co_return next.value();
    };
    {
        running destroyed(at, and_more());
        at.run_until_idle();
    }

    running again(at, ask());
    at.run_until_idle();

    CHECK(again.take() == 1);
}

TEST_CASE("generator: one of transfers ends with an error and no bytes") {
    manual_home at;
    auto transfers = []() -> io::generator<io::transfer> { co_yield io::transfer(3); };
    auto from = transfers();
    auto ask = [&]() -> io::task<io::transfer> { co_return co_await from.next(); };

    running first(at, ask());
    at.run_until_idle();
    running second(at, ask());
    at.run_until_idle();

    CHECK(first.take().count() == 3);
    const io::transfer end = second.take();
    CHECK(end.error() == io::error::end_of_stream);
    CHECK(end.count() == 0);
}

TEST_CASE("generator: one may ask another") {
    manual_home at;
    auto doubled = [](io::generator<int> from) -> io::generator<int> {
        while (const auto next = co_await from.next()) co_yield 2 * *next;
    };

    running all(at, all_of(doubled(doubled(count_to(3)))));
    at.run_until_idle();

    CHECK(all.take() == std::vector<int>{4, 8, 12});
}

TEST_CASE("generator: what is done wrong with one is named") {
    CHECK(dies_with("generator: moved from, and asked for a value", [] {
        auto from = count_to(1);
        const auto to = std::move(from);
        (void)from.next();
    }));
    CHECK(dies_with("generator: two waits at once for its next value", [] {
        manual_home at;
        auto from = count_to(2);
        auto asks = [&]() -> io::task<> { (void)co_await from.next(); };
        auto and_more = [&]() -> io::task<> {
            (void)co_await io::when_all(from.next(), io::sleep_for(1h));
        };
        running told(at, and_more());
        at.run_until_idle();
        running takes_it(at, asks());
        at.advance(1h);
    }));
}
