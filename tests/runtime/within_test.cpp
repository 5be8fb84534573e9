#include "runtime/within.hpp"

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/event.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto timed_out = make_error_code(io::error::timed_out);
const auto stopped = make_error_code(io::error::stopped);

using outcome = io::result<std::size_t>;

io::task<outcome> limited_operation(io::time_limit limit, fake_operation& operation) {
    co_return co_await io::within(limit, operation);
}

io::task<outcome> plain(fake_operation& operation) { co_return co_await operation; }

io::task<outcome> limited_task(io::time_limit limit, fake_operation& operation) {
    co_return co_await io::within(limit, plain(operation));
}

io::task<io::result<void>> limited_sleep(io::time_limit limit, io::duration span) {
    co_return co_await io::within(limit, io::sleep_for(span));
}

using limited = io::task<outcome> (*)(io::time_limit, fake_operation&);
constexpr limited both_kinds[] = {limited_operation, limited_task};

/// Remembers what ended a wait, and passes it on.
io::task<outcome> noted(std::error_code& seen, io::task<outcome> body) {
    auto got = co_await std::move(body);
    seen = got.error();
    co_return got;
}

}  // namespace

TEST_CASE("a limit ends an operation and a task on time, and not a moment before") {
    for (const limited wait : both_kinds) {
        manual_home at;
        fake_provider provider(at, fake_kind::accepts_at_once);
        fake_operation operation(provider);

        running all(at, wait(10ms, operation));
        at.advance(10ms - 1ns);
        const bool early = all.done();
        at.advance(1ns);

        CHECK(!early);
        REQUIRE(all.done());
        CHECK(all.take().error() == timed_out);
    }
}

TEST_CASE("a task's leaves are told canceled; timed_out is said at the limit's own boundary") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation direct(provider), inside(provider);

    running operation(at, limited_operation(1ms, direct));
    at.advance(1ms);
    running body(at, limited_task(1ms, inside));
    at.advance(1ms);

    CHECK(provider.asked() == std::vector{timed_out, canceled});
    CHECK(operation.take().error() == timed_out);
    CHECK(body.take().error() == timed_out);
}

TEST_CASE("limits of nothing and in the past try once: what is ready is delivered") {
    for (const limited wait : both_kinds) {
        for (const bool ready : {false, true}) {
            manual_home at;
            const io::time_limit limits[] = {0ms, -1s, at.now(), at.now() - 1h};
            for (const io::time_limit limit : limits) {
                const auto kind = ready ? fake_kind::finishes_in_start : fake_kind::accepts_at_once;
                fake_provider provider(at, kind);
                fake_operation operation(provider);

                running all(at, wait(limit, operation));
                at.run_until_idle();

                REQUIRE(all.done());
                CHECK(all.take().error() == (ready ? std::error_code() : timed_out));
            }
        }
    }
}

TEST_CASE("a limit of a nanosecond is not none, and not forever") {
    for (const limited wait : both_kinds) {
        manual_home at;
        fake_provider provider(at, fake_kind::accepts_at_once);
        fake_operation operation(provider);

        running all(at, wait(1ns, operation));
        at.run_until_idle();
        const bool early = all.done();
        at.advance(1ns);

        CHECK(!early);
        CHECK(all.take().error() == timed_out);
    }
}

TEST_CASE("a limit in the far future never comes, whatever unit it is in") {
    for (const limited wait : both_kinds) {
        const io::time_limit limits[] = {io::forever, io::never, std::chrono::hours::max(),
                                         std::chrono::duration<double>(1e30)};
        for (const io::time_limit limit : limits) {
            manual_home at;
            fake_provider provider(at, fake_kind::accepts_at_once);
            fake_operation operation(provider);

            running all(at, wait(limit, operation));
            at.advance(24h * 365 * 100);
            const bool early = all.done();
            provider.succeed(3);
            at.run_until_idle();

            CHECK(!early);
            CHECK(*all.take() == 3);
        }
    }
}

TEST_CASE("a value that came anyway is returned, although time ran out") {
    for (const limited wait : both_kinds) {
        manual_home at;
        fake_provider provider(at, fake_kind::declines);
        fake_operation operation(provider);

        running all(at, wait(1ms, operation));
        at.advance(1h);
        const bool early = all.done();
        provider.succeed(5);
        at.run_until_idle();

        CHECK(!early);
        CHECK(provider.asked().size() == 1);
        CHECK(*all.take() == 5);
    }
}

TEST_CASE("an error of the operation's own stays what it is, although time ran out") {
    for (const limited wait : both_kinds) {
        manual_home at;
        fake_provider provider(at, fake_kind::declines);
        fake_operation operation(provider);

        running all(at, wait(1ms, operation));
        at.advance(1ms);
        provider.fail(std::make_error_code(std::errc::timed_out));
        at.run_until_idle();

        CHECK(all.take().error() == std::make_error_code(std::errc::timed_out));
    }
}

TEST_CASE("cancel and stop keep their names under a limit") {
    for (const limited wait : both_kinds) {
        for (const auto& reason : {canceled, stopped}) {
            manual_home at;
            fake_provider provider(at, fake_kind::accepts_at_once);
            fake_operation operation(provider);

            running all(at, wait(1ms, operation));
            at.run_until_idle();
            all.cancel(reason);
            at.advance(1ms);

            CHECK(all.take().error() == reason);
        }
    }
}

TEST_CASE("of a stop and a limit that comes later the stop has the name, and the other way round") {
    for (const limited wait : both_kinds) {
        manual_home at;
        fake_provider provider(at, fake_kind::accepts_later);
        fake_operation first(provider), second(provider);

        running stop_first(at, wait(2ms, first));
        running limit_first(at, wait(1ms, second));
        at.advance(1ms);
        stop_first.cancel(stopped);
        limit_first.cancel(stopped);
        at.advance(1ms);
        while (provider.give_up()) {
        }
        at.run_until_idle();

        CHECK(stop_first.take().error() == stopped);
        CHECK(limit_first.take().error() == timed_out);
    }
}

TEST_CASE("of nested limits only the one whose time ran out says timed_out") {
    for (const limited wait : both_kinds) {
        for (const bool outer_is_shorter : {false, true}) {
            manual_home at;
            fake_provider provider(at, fake_kind::accepts_at_once);
            fake_operation operation(provider);
            std::error_code inner;
            auto body = [&]() -> io::task<outcome> {
                co_return co_await io::within(
                    2ms, noted(inner, wait(outer_is_shorter ? 3ms : 1ms, operation)));
            };

            running all(at, body());
            at.advance(1h);

            CHECK(inner == (outer_is_shorter ? canceled : timed_out));
            CHECK(all.take().error() == timed_out);
        }
    }
}

TEST_CASE("three limits of the same moment: each boundary has one consistent answer") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    std::error_code middle, inner;
    const auto due = at.now() + 1ms;
    auto innermost = [&]() -> io::task<outcome> {
        co_return co_await io::within(due, noted(inner, limited_operation(due, operation)));
    };
    auto body = [&]() -> io::task<outcome> {
        co_return co_await io::within(due, noted(middle, innermost()));
    };

    running all(at, body());
    at.advance(1h);

    CHECK(provider.asked().size() == 1);
    CHECK((inner == canceled || inner == timed_out));
    CHECK((middle == canceled || middle == timed_out));
    CHECK(all.take().error() == timed_out);
}

TEST_CASE("after its limit a task can start nothing, and shield lets it clean up") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation first(provider), second(provider), last(provider);
    std::error_code again, cleaned;
    auto inside = [&]() -> io::task<outcome> {
        auto got = co_await first;
        again = (co_await second).error();
        cleaned = (co_await io::shield(io::within(1ms, last))).error();
        co_return got;
    };
    auto body = [&]() -> io::task<outcome> { co_return co_await io::within(1ms, inside()); };

    running all(at, body());
    at.advance(2ms);

    CHECK(again == canceled);
    CHECK(cleaned == timed_out);
    CHECK(provider.started() == 2);
    CHECK(all.take().error() == timed_out);
}

TEST_CASE("a task that yields nothing becomes a result, and a transfer keeps its count") {
    manual_home at;
    auto nothing = []() -> io::task<> { (void)co_await io::sleep_for(1h); };
    auto moved = []() -> io::task<io::transfer> {
        const auto slept = co_await io::sleep_for(1h);
        co_return io::transfer(slept.error(), 17);
    };
    auto body = [&]() -> io::task<> {
        const io::result<void> first = co_await io::within(1ms, nothing());
        const io::transfer second = co_await io::within(1ms, moved());
        CHECK(first.error() == timed_out);
        CHECK(second.error() == timed_out);
        CHECK(second.count() == 17);
    };

    running all(at, body());
    at.advance(2ms);

    CHECK(all.done());
}

TEST_CASE("an exception passes through a limit, before it and after it") {
    for (const auto span : {1ms, 3ms}) {
        manual_home at;
        auto inside = [&]() -> io::task<outcome> {
            (void)co_await io::sleep_for(span);
            throw std::runtime_error("thrown");
        };
        auto body = [&]() -> io::task<outcome> { co_return co_await io::within(2ms, inside()); };

        running all(at, body());
        at.advance(3ms);

        REQUIRE(all.done());
        CHECK_THROWS_WITH((void)all.take(), "thrown");
        CHECK(at.timers().empty());
    }
}

TEST_CASE("limits work on sleeps, events, joins of tasks and composites") {
    manual_home at;
    io::event never_set;
    auto on_event = [&]() -> io::task<io::result<void>> {
        co_return co_await io::within(1ms, never_set.wait());
    };
    auto all_of_both = [&]() -> io::task<io::result<void>> {
        auto both = co_await io::when_all(io::within(1ms, never_set.wait()),
                                          io::within(2ms, never_set.wait()));
        CHECK(std::get<1>(both).error() == timed_out);
        co_return std::get<0>(both);
    };

    running sleeping(at, limited_sleep(1ms, 1h));
    running waiting(at, on_event());
    running composite(at, all_of_both());
    at.advance(2ms);

    CHECK(sleeping.take().error() == timed_out);
    CHECK(waiting.take().error() == timed_out);
    CHECK(composite.take().error() == timed_out);
}

TEST_CASE("a sleep that ends with its limit, or just before it, has slept") {
    manual_home at;

    running before(at, limited_sleep(2ms, 1ms));
    at.advance(2ms);

    CHECK(before.take().error() == std::error_code());
    CHECK(at.timers().empty());
}

TEST_CASE("a limit reaches the scopes of a task") {
    manual_home at;
    std::error_code child;
    auto leaf = [&]() -> io::task<> { child = (co_await io::sleep_for(1h)).error(); };
    auto inside = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(leaf);
        co_await scope.join();
    };
    auto body = [&]() -> io::task<io::result<void>> {
        co_return co_await io::within(1ms, inside());
    };

    running all(at, body());
    at.advance(1ms);

    CHECK(child == canceled);
    CHECK(all.take().error() == timed_out);
}

TEST_CASE("a limited task that is destroyed leaves no timer behind") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation operation(provider);
    for (const limited wait : both_kinds) {
        running all(at, wait(1h, operation));
        at.run_until_idle();
    }

    CHECK(at.timers().empty());
    CHECK(provider.pending() == 0);
}
