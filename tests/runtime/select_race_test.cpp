#include <chrono>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "runtime/auto_event.hpp"
#include "runtime/channel.hpp"
#include "runtime/concurrent_auto_event.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/concurrent_semaphore.hpp"
#include "runtime/select.hpp"
#include "runtime/semaphore.hpp"
#include "runtime/shield.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

// What was promised to several members of a select in one turn.

namespace {

// What no one may copy.
using number = std::unique_ptr<int>;

number of(int value) { return std::make_unique<int>(value); }

template <class Channel>
io::task<std::string> chooses(Channel& x, Channel& y) {
    const auto next = co_await io::select(x.receive(), y.receive());
    const auto& [first, second] = next.results;
    std::string got;
    if (first) got += 'x';
    if (second) got += 'y';
    co_return got;
}

}  // namespace

TEST_CASE_TEMPLATE("of two receives that were promised a value in one turn one gives it back",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel x(2), y(2);
    running choosing(at, chooses(x, y));
    at.run_until_idle();

    CHECK(y.try_send(of(1)));
    CHECK(x.try_send(of(2)));
    CHECK(x.try_send(of(3)));
    at.run_until_idle();

    CHECK(choosing.take() == "y");
    CHECK(**x.try_receive() == 2);
    CHECK(**x.try_receive() == 3);
    CHECK(y.size() == 0);
}

TEST_CASE_TEMPLATE("what a select gives back goes to the receiver that waits next", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel x(2), y(2);
    running choosing(at, chooses(x, y));
    at.run_until_idle();
    int got = 0;
    auto receives = [&]() -> io::task<> {
        const auto next = co_await x.receive();
        got = **next;
    };
    running next(at, receives());
    at.run_until_idle();

    y.try_send(of(1));
    x.try_send(of(2));
    at.run_until_idle();

    CHECK(choosing.take() == "y");
    CHECK(next.done());
    CHECK(got == 2);
}

TEST_CASE_TEMPLATE("under a deadline, in a race and in a task, too, a receive gives it back",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel w(1), x(1), y(1), z(1);
    auto receives = [&]() -> io::task<io::result<int>> {
        const auto got = co_await w.receive();
        if (!got) co_return got.error();
        co_return **got;
    };
    auto races = [&]() -> io::task<io::result<int>> {
        const auto race = co_await io::when_any(x.receive(), x.receive());
        const auto& [first, second] = race.results;
        if (!first && !second) co_return first.error();
        co_return 1;
    };
    auto body = [&]() -> io::task<std::size_t> {
        auto next =
            co_await io::select(receives(), races(), io::within(1h, y.receive()), z.receive());
        auto& [a, b, c, d] = next.results;
        CHECK(a.error() == io::error::canceled);
        CHECK(b.error() == io::error::canceled);
        CHECK(c.error() == io::error::canceled);
        CHECK(d.has_value());
        co_return next.index;
    };
    running all(at, body());
    at.run_until_idle();

    for (Channel* each : {&z, &y, &x, &w}) CHECK(each->try_send(of(1)));
    at.run_until_idle();

    CHECK(all.take() == 3);
    for (Channel* each : {&y, &x, &w}) CHECK(each->size() == 1);
}

TEST_CASE_TEMPLATE("a send that went in the same turn stays sent, one that did not keeps its value",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel gone(0), kept(0), in(1);
    auto first = of(1), second = of(2);
    auto body = [&]() -> io::task<> {
        const auto next = co_await io::select(gone.send(first), kept.send(second), in.receive());
        const auto& [one, other, got] = next.results;
        CHECK(next.index == 2);
        CHECK(got.has_value());
        CHECK(one.has_value());
        CHECK(other.error() == io::error::canceled);
    };
    running all(at, body());
    at.run_until_idle();

    CHECK(in.try_send(of(3)));
    CHECK(**gone.try_receive() == 1);
    at.run_until_idle();

    CHECK(all.done());
    CHECK(!first);
    CHECK((second && *second == 2));
}

TEST_CASE_TEMPLATE("units that were given to one that lost are there for the next", Semaphore,
                   io::semaphore, io::concurrent_semaphore) {
    manual_home at;
    Semaphore one(0), other(0);
    auto body = [&]() -> io::task<std::size_t> {
        const auto next = co_await io::select(one.acquire(), other.acquire(2));
        co_return next.index;
    };
    running all(at, body());
    at.run_until_idle();

    other.release(2);
    one.release(1);
    at.run_until_idle();

    CHECK(all.take() == 1);
    CHECK(one.available() == 1);
    CHECK(other.available() == 2);
}

TEST_CASE_TEMPLATE("a signal that was given to one that lost is there for the next", Event,
                   io::auto_event, io::concurrent_auto_event) {
    manual_home at;
    Event one, other;
    auto body = [&]() -> io::task<std::size_t> {
        const auto next = co_await io::select(one.wait(), other.wait());
        co_return next.index;
    };
    running all(at, body());
    at.run_until_idle();

    one.set();
    other.set();
    at.run_until_idle();

    CHECK(all.take() == 0);
    CHECK(!one.is_set());
    CHECK(other.is_set());
}

TEST_CASE("what other threads promised to several members is taken from one alone") {
    manual_home at;
    other_thread elsewhere;
    for (const bool arrived : {false, true}) {
        io::concurrent_channel<number> x(1), y(1);
        running choosing(at, chooses(x, y));
        at.run_until_idle();

        elsewhere.run([&] { y.try_send(of(1)); });
        if (arrived) at.deliver_posts();
        elsewhere.run([&] { x.try_send(of(2)); });
        at.run_until_idle();

        CHECK(choosing.take() == "y");
        CHECK(**x.try_receive() == 2);
        CHECK(at.pending() == 0);
    }
}

TEST_CASE("what is shielded keeps what it was promised") {
    manual_home at;
    io::channel<number> x(1), y(1);
    auto body = [&]() -> io::task<> {
        const auto next = co_await io::select(io::shield(x.receive()), y.receive());
        const auto& [first, second] = next.results;
        CHECK(next.index == 1);
        CHECK(first.has_value());
        CHECK(second.has_value());
    };
    running all(at, body());
    at.run_until_idle();

    y.try_send(of(1));
    x.try_send(of(2));
    at.run_until_idle();

    CHECK(all.done());
    CHECK(x.size() == 0);
}
