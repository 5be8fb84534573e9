#include "runtime/shield.hpp"

#include <chrono>
#include <ostream>
#include <stdexcept>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto stopped = make_error_code(io::error::stopped);
const auto timed_out = make_error_code(io::error::timed_out);

}  // namespace

TEST_CASE("a cancel does not reach what is shielded, and holds again after it") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation shielded(provider), after(provider);
    std::size_t got = 0;
    std::error_code next;
    auto body = [&]() -> io::task<> {
        got = *co_await io::shield(shielded);
        next = (co_await after).error();
    };

    running all(at, body());
    at.run_until_idle();
    all.cancel(stopped);
    at.run_until_idle();
    const bool early = all.done();
    provider.succeed(3);
    at.run_until_idle();

    CHECK(!early);
    CHECK(got == 3);
    CHECK(next == stopped);
    CHECK(provider.asked().empty());
    CHECK(provider.started() == 1);
}

TEST_CASE("what is shielded can be started after the cancel, a whole task too") {
    manual_home at;
    int steps = 0;
    auto clean_up = [&]() -> io::task<int> {
        for (; steps < 3; ++steps)
            if (!co_await io::sleep_for(1ms)) break;
        co_return steps;
    };
    auto body = [&]() -> io::task<int> {
        (void)co_await io::sleep_for(1h);
        co_return co_await io::shield(clean_up());
    };

    running all(at, body());
    at.run_until_idle();
    all.cancel();
    at.advance(3ms);

    CHECK(all.take() == 3);
}

TEST_CASE("what is shielded has limits of its own") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation slow(provider);
    auto body = [&]() -> io::task<std::error_code> {
        co_return (co_await io::shield(io::within(1ms, slow))).error();
    };

    running all(at, body());
    all.cancel(stopped);
    at.advance(1ms);

    CHECK(all.take() == timed_out);
}

TEST_CASE("an exception passes through a shield") {
    manual_home at;
    auto throws = []() -> io::task<int> {
        co_await io::yield();
        throw std::runtime_error("thrown");
    };
    auto body = [&]() -> io::task<int> { co_return co_await io::shield(throws()); };

    running all(at, body());
    at.run_until_idle();

    CHECK_THROWS_WITH((void)all.take(), "thrown");
}

TEST_CASE("destroying a suspended task cancels even what is shielded") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation shielded(provider);
    {
        auto body = [&]() -> io::task<> { (void)co_await io::shield(shielded); };
        running all(at, body());
        at.run_until_idle();
    }

    CHECK(provider.asked().size() == 1);
    CHECK(provider.pending() == 0);
}
