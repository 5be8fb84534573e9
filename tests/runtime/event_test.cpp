#include "runtime/event.hpp"

#include <chrono>
#include <ostream>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_event.hpp"
#include "runtime/scope.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto stopped = make_error_code(io::error::stopped);

template <class Event>
io::task<io::result<void>> waits(Event& subject) {
    co_return co_await subject.wait();
}

}  // namespace

TEST_CASE_TEMPLATE("an event lets go all who wait, in the order of arrival", Event, io::event,
                   io::concurrent_event) {
    manual_home at;
    Event subject;
    std::vector<int> order;
    auto body = [&](int number) -> io::task<> {
        (void)co_await subject.wait();
        order.push_back(number);
    };
    running one(at, body(1));
    running two(at, body(2));
    at.run_until_idle();
    REQUIRE(order.empty());

    subject.set();
    at.run_until_idle();

    CHECK(order == std::vector{1, 2});
}

TEST_CASE_TEMPLATE("a wait for an event that is set does not suspend", Event, io::event,
                   io::concurrent_event) {
    manual_home at;
    Event subject;
    subject.set();

    running all(at, waits(subject));
    at.run_turn();

    CHECK(all.take().error() == std::error_code());
}

TEST_CASE_TEMPLATE("after reset waits suspend again, and those let go before stay so", Event,
                   io::event, io::concurrent_event) {
    manual_home at;
    Event subject;

    running before(at, waits(subject));
    at.run_until_idle();
    subject.set();
    subject.reset();
    running after(at, waits(subject));
    at.run_until_idle();

    CHECK(before.done());
    CHECK(!after.done());
    CHECK(!subject.is_set());
}

TEST_CASE_TEMPLATE("a cancelled wait leaves the event's list, and the others in it", Event,
                   io::event, io::concurrent_event) {
    manual_home at;
    Event subject;
    running one(at, waits(subject));
    running two(at, waits(subject));
    running three(at, waits(subject));
    at.run_until_idle();

    two.cancel();
    at.run_until_idle();
    const bool others = one.done() || three.done();
    subject.set();
    at.run_until_idle();

    CHECK(!others);
    CHECK(two.take().error() == canceled);
    CHECK(one.take().error() == std::error_code());
    CHECK(three.take().error() == std::error_code());
}

TEST_CASE_TEMPLATE("of set and cancel the first decides", Event, io::event, io::concurrent_event) {
    manual_home at;
    Event subject;
    running released(at, waits(subject));
    running given_up(at, waits(subject));
    at.run_until_idle();

    given_up.cancel(stopped);
    subject.set();
    released.cancel(stopped);
    at.run_until_idle();

    CHECK(released.take().error() == std::error_code());
    CHECK(given_up.take().error() == stopped);
}

TEST_CASE_TEMPLATE("a wait in a cancelled task fails at once, unless the event is set", Event,
                   io::event, io::concurrent_event) {
    manual_home at;
    Event subject;

    running all(at, waits(subject));
    all.cancel(stopped);
    at.run_turn();

    CHECK(all.take().error() == stopped);
}

TEST_CASE_TEMPLATE("a suspended wait may be destroyed, before and after the event is set", Event,
                   io::event, io::concurrent_event) {
    manual_home at;
    Event subject;
    {
        running before(at, waits(subject));
        at.run_until_idle();
    }
    {
        running after(at, waits(subject));
        at.run_until_idle();
        subject.set();
    }

    CHECK(at.idle());
}
