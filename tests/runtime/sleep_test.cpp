#include "runtime/sleep.hpp"

#include <chrono>
#include <ostream>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/scope.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto stopped = make_error_code(io::error::stopped);

template <class Sleep>
io::task<io::result<void>> asleep(Sleep description) {
    co_return co_await description;
}

}  // namespace

TEST_CASE("a sleep ends on time, to the nanosecond of the clock") {
    manual_home at;

    running all(at, asleep(io::sleep_for(5ms)));
    at.advance(5ms - 1ns);
    const bool early = all.done();
    at.advance(1ns);

    CHECK(!early);
    CHECK(all.take().error() == std::error_code());
}

TEST_CASE("sleeps of nothing, of less, and into the past end once, in a turn of their own") {
    manual_home at;
    const auto none = {io::sleep_for(0ns), io::sleep_for(-1h), io::sleep_for(io::duration::min())};
    for (const auto& description : none) {
        running all(at, asleep(description));
        at.run_until_idle();
        CHECK(all.take().error() == std::error_code());
    }

    for (const auto until : {at.now(), at.now() - 1h, io::time_point::min()}) {
        running all(at, asleep(io::sleep_until(until)));
        at.run_until_idle();
        CHECK(all.take().error() == std::error_code());
    }
}

TEST_CASE("a sleep of nothing lets others run first") {
    manual_home at;
    std::vector<int> order;
    auto one = [&]() -> io::task<> {
        (void)co_await io::sleep_for(0s);
        order.push_back(1);
    };
    auto other = [&]() -> io::task<> {
        order.push_back(2);
        co_return;
    };

    running first(at, one());
    running second(at, other());
    at.run_until_idle();

    CHECK(order == std::vector{2, 1});
}

TEST_CASE("a sleep of a nanosecond and one of a fraction of it do not end before it has passed") {
    manual_home at;

    running one(at, asleep(io::sleep_for(1ns)));
    running fraction(at, asleep(io::sleep_for(std::chrono::duration<double, std::nano>(0.1))));
    at.run_until_idle();
    const bool early = one.done() || fraction.done();
    at.advance(1ns);

    CHECK(!early);
    CHECK(one.done());
    CHECK(fraction.done());
}

TEST_CASE("an unlimited sleep ends only by cancel or stop") {
    manual_home at;

    running ever(at, asleep(io::sleep_until(io::never)));
    running long_one(at, asleep(io::sleep_for(std::chrono::years(100000))));
    at.advance(24h * 365 * 100);
    const bool early = ever.done() || long_one.done();
    ever.cancel();
    at.stop();
    at.run_until_idle();

    CHECK(!early);
    CHECK(ever.take().error() == canceled);
    CHECK(long_one.take().error() == stopped);
}

TEST_CASE("a sleep that was due when the cancel came has slept") {
    manual_home at;

    running all(at, asleep(io::sleep_for(1ms)));
    at.run_until_idle();
    at.time.advance(1ms);
    at.fire_due();
    all.cancel();
    at.run_until_idle();

    CHECK(all.take().error() == std::error_code());
}

TEST_CASE("a sleep in a cancelled task fails at once and arms nothing") {
    manual_home at;

    running all(at, asleep(io::sleep_for(1h)));
    all.cancel(stopped);
    at.run_turn();

    CHECK(all.take().error() == stopped);
    CHECK(at.timers().empty());
}

TEST_CASE("sleeps end in the order of their deadlines, and those of one moment all in it") {
    manual_home at;
    std::vector<int> order;
    auto body = [&](int number, io::duration span) -> io::task<> {
        (void)co_await io::sleep_for(span);
        order.push_back(number);
    };
    auto all = [&]() -> io::task<> {
        io::task_scope scope;
        for (int number = 0; number < 5000; ++number) scope.spawn(body, number, 2ms);
        scope.spawn(body, -1, 1ms);
        scope.spawn(body, 5000, 3ms);
        co_await scope.join();
    };

    running many(at, all());
    at.advance(2ms);
    const bool in_their_moment = order.size() == 5001;
    at.advance(1ms);

    CHECK(in_their_moment);
    CHECK(order.front() == -1);
    CHECK(order.back() == 5000);
    CHECK(many.done());
}

TEST_CASE("a suspended sleep may be destroyed") {
    manual_home at;
    {
        running pending(at, asleep(io::sleep_for(1h)));
        running due(at, asleep(io::sleep_for(0s)));
        at.run_turn();
    }

    CHECK(at.timers().empty());
    CHECK(at.idle());
}
