#include "runtime/semaphore.hpp"

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_semaphore.hpp"
#include "runtime/event.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

/// Takes units, notes its name, gives them back when it is told.
template <class Semaphore>
struct user {
    Semaphore& from;
    std::string& order;
    io::event& leave;
};

template <class Semaphore>
io::task<std::error_code> uses(user<Semaphore> what, char name, std::size_t units) {
    auto held = co_await what.from.acquire(units);
    if (!held) co_return held.error();
    what.order += name;
    (void)co_await what.leave.wait();
    co_return std::error_code();
}

}  // namespace

TEST_CASE_TEMPLATE("a semaphore lets in as many as it has units, and the next one as one leaves",
                   Semaphore, io::semaphore, io::concurrent_semaphore) {
    manual_home at;
    Semaphore two(2);
    std::string order;
    io::event first, later;
    running a(at, uses(user<Semaphore>{two, order, first}, 'a', 1));
    running b(at, uses(user<Semaphore>{two, order, later}, 'b', 1));
    running c(at, uses(user<Semaphore>{two, order, later}, 'c', 1));
    at.run_until_idle();
    CHECK(order == "ab");
    CHECK(two.available() == 0);

    first.set();
    at.run_until_idle();
    CHECK(order == "abc");
    later.set();
    at.run_until_idle();
    CHECK(two.available() == 2);
}

TEST_CASE_TEMPLATE("nobody overtakes one that waits for many units", Semaphore, io::semaphore,
                   io::concurrent_semaphore) {
    manual_home at;
    Semaphore three(3);
    std::string order;
    io::event first, later;
    running a(at, uses(user<Semaphore>{three, order, first}, 'a', 2));
    running many(at, uses(user<Semaphore>{three, order, later}, 'm', 3));
    running one(at, uses(user<Semaphore>{three, order, later}, '1', 1));
    at.run_until_idle();
    CHECK(order == "a");
    CHECK(!three.try_acquire());

    first.set();
    at.run_until_idle();
    CHECK(order == "am");
    later.set();
    at.run_until_idle();
    CHECK(order == "am1");
}

TEST_CASE_TEMPLATE("when one that waits for many gives up, those behind it go on", Semaphore,
                   io::semaphore, io::concurrent_semaphore) {
    manual_home at;
    Semaphore three(3);
    std::string order;
    io::event never_set, later;
    running a(at, uses(user<Semaphore>{three, order, never_set}, 'a', 2));
    running many(at, uses(user<Semaphore>{three, order, later}, 'm', 3));
    running one(at, uses(user<Semaphore>{three, order, later}, '1', 1));
    at.run_until_idle();

    many.cancel();
    at.run_until_idle();

    CHECK(many.take() == io::error::canceled);
    CHECK(order == "a1");
    CHECK(three.available() == 0);
    a.cancel();
}

TEST_CASE_TEMPLATE("a deadline ends a wait, and nothing was taken", Semaphore, io::semaphore,
                   io::concurrent_semaphore) {
    manual_home at;
    Semaphore one(1);
    auto late = [&]() -> io::task<std::error_code> {
        const auto held = co_await io::within(5ms, one.acquire());
        co_return held.error();
    };
    auto taken = one.try_acquire();
    running waits(at, late());
    at.run_until_idle();

    at.advance(5ms);
    at.run_until_idle();

    CHECK(waits.take() == io::error::timed_out);
    taken->release();
    CHECK(one.available() == 1);
}

TEST_CASE_TEMPLATE("what was given to a wait that is destroyed before its turn goes to the next",
                   Semaphore, io::semaphore, io::concurrent_semaphore) {
    manual_home at;
    Semaphore one(1);
    std::string order;
    io::event later;
    auto taken = one.try_acquire();
    auto destroyed = std::make_unique<running<std::error_code>>(
        at, uses(user<Semaphore>{one, order, later}, 'd', 1));
    running next(at, uses(user<Semaphore>{one, order, later}, 'n', 1));
    at.run_until_idle();

    taken->release();
    destroyed.reset();
    at.run_until_idle();

    CHECK(order == "n");
    later.set();
    at.run_until_idle();
    CHECK(one.available() == 1);
}

TEST_CASE_TEMPLATE("a wait that is destroyed while it waits lets those behind it go on", Semaphore,
                   io::semaphore, io::concurrent_semaphore) {
    manual_home at;
    Semaphore two(2);
    std::string order;
    io::event later;
    auto taken = two.try_acquire();
    auto many = std::make_unique<running<std::error_code>>(
        at, uses(user<Semaphore>{two, order, later}, 'm', 2));
    running one(at, uses(user<Semaphore>{two, order, later}, '1', 1));
    at.run_until_idle();
    CHECK(order.empty());

    many.reset();
    at.run_until_idle();

    CHECK(order == "1");
    later.set();
    at.run_until_idle();
}

TEST_CASE_TEMPLATE("on a cancelled strand nothing is taken, although it is there", Semaphore,
                   io::semaphore, io::concurrent_semaphore) {
    manual_home at;
    Semaphore one(1);
    auto tries = [&]() -> io::task<std::error_code> {
        co_await io::yield();
        const auto held = co_await one.acquire();
        co_return held.error();
    };
    running cancelled(at, tries());
    cancelled.cancel();
    at.run_until_idle();

    CHECK(cancelled.take() == io::error::canceled);
    CHECK(one.available() == 1);
}

TEST_CASE_TEMPLATE("a hold gives back once: moved, released early, or kept for someone else",
                   Semaphore, io::semaphore, io::concurrent_semaphore) {
    manual_home at;
    Semaphore units(5);
    {
        auto one = units.try_acquire(2);
        typename Semaphore::hold two = *std::move(one);
        CHECK(units.available() == 3);
        two.release();
        CHECK(units.available() == 5);
        CHECK(!two);
        two = *units.try_acquire(4);
        two.forget();
    }
    CHECK(units.available() == 1);
    units.release(4);
    CHECK(units.available() == 5);
    CHECK(!units.try_acquire(6));
}
