#include "runtime/channel.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <ostream>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/event.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

// What no one may copy.
using number = std::unique_ptr<int>;

template <class Channel>
io::task<std::error_code> sends(Channel& to, number& value) {
    const auto sent = co_await to.send(value);
    co_return sent.error();
}

template <class Channel>
io::task<std::error_code> receives(Channel& from, std::vector<int>& got) {
    for (;;) {
        const auto next = co_await from.receive();
        if (!next) co_return next.error();
        got.push_back(**next);
    }
}

template <class Channel>
io::task<std::error_code> receives_one(Channel& from, std::vector<int>& got) {
    const auto next = co_await from.receive();
    if (next) got.push_back(**next);
    co_return next.error();
}

number of(int value) { return std::make_unique<int>(value); }

}  // namespace

TEST_CASE_TEMPLATE("values come in the order in which they were sent, each to one receiver",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(2);
    std::vector<int> one, two;
    running first(at, receives(numbers, one));
    running second(at, receives(numbers, two));
    auto sender = [&]() -> io::task<> {
        for (int i = 0; i < 100; ++i) {
            const auto sent = co_await numbers.send(of(i));
            CHECK(sent);
        }
        numbers.close();
    };
    running all(at, sender());
    at.run_until_idle();

    CHECK(first.take() == io::error::closed);
    CHECK(second.take() == io::error::closed);
    CHECK(std::is_sorted(one.begin(), one.end()));
    CHECK(std::is_sorted(two.begin(), two.end()));
    CHECK(one.size() + two.size() == 100);
    CHECK(std::accumulate(one.begin(), one.end(), 0) + std::accumulate(two.begin(), two.end(), 0) ==
          4950);
}

TEST_CASE_TEMPLATE("a full channel lets senders wait, in order, and goes on as room comes", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(1);
    std::vector<int> got;
    number values[3] = {of(1), of(2), of(3)};
    running a(at, sends(numbers, values[0]));
    running b(at, sends(numbers, values[1]));
    running c(at, sends(numbers, values[2]));
    at.run_until_idle();
    CHECK(a.done());
    CHECK(!b.done());
    CHECK(numbers.size() == 1);
    number fourth = of(4);
    CHECK(!numbers.try_send(fourth));
    CHECK(fourth);

    CHECK(**numbers.try_receive() == 1);
    at.run_until_idle();
    CHECK(b.done());
    CHECK(!c.done());
    running rest(at, receives(numbers, got));
    at.run_until_idle();
    numbers.close();
    at.run_until_idle();
    CHECK(got == std::vector{2, 3});
}

TEST_CASE_TEMPLATE("without room a sender waits until a receiver comes", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel meeting(0);
    std::vector<int> got;
    number value = of(7), other = of(8);
    CHECK(!meeting.try_send(value));
    CHECK(!meeting.try_receive());
    running sender(at, sends(meeting, value));
    at.run_until_idle();
    CHECK(!sender.done());
    CHECK(value);

    running receiver(at, receives_one(meeting, got));
    at.run_until_idle();
    CHECK(sender.done());
    CHECK(got == std::vector{7});

    running early(at, receives_one(meeting, got));
    at.run_until_idle();
    CHECK(meeting.try_send(other));
    at.run_until_idle();
    CHECK(got == std::vector{7, 8});
}

TEST_CASE_TEMPLATE("a send that is cancelled or late has not moved from its value", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel full(1);
    CHECK(full.try_send(of(0)));
    number kept = of(1), also_kept = of(2);
    std::error_code late;
    running cancelled(at, sends(full, kept));
    auto waits = [&]() -> io::task<> {
        const auto sent = co_await io::within(1ms, full.send(also_kept));
        late = sent.error();
    };
    running limited(at, waits());
    at.run_until_idle();

    cancelled.cancel();
    at.advance(1ms);
    at.run_until_idle();

    CHECK(cancelled.take() == io::error::canceled);
    CHECK(late == io::error::timed_out);
    CHECK((kept && *kept == 1));
    CHECK((also_kept && *also_kept == 2));
    CHECK(full.size() == 1);
}

TEST_CASE_TEMPLATE("closing ends senders with their values, and receivers when all is received",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(1);
    std::vector<int> got;
    number sent = of(1), kept = of(2), late = of(3);
    running a(at, sends(numbers, sent));
    running b(at, sends(numbers, kept));
    at.run_until_idle();

    numbers.close();
    numbers.close();
    running c(at, sends(numbers, late));
    running reader(at, receives(numbers, got));
    at.run_until_idle();

    CHECK(a.take() == std::error_code());
    CHECK(b.take() == io::error::closed);
    CHECK(c.take() == io::error::closed);
    CHECK((kept && late));
    CHECK(got == std::vector{1});
    CHECK(reader.take() == io::error::closed);
    CHECK(!numbers.try_send(late));
}

TEST_CASE_TEMPLATE(
    "what was given to a receiver that is destroyed before its turn is the next one's", Channel,
    io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    for (const std::size_t room : {0U, 4U}) {
        Channel numbers(room);
        std::vector<int> got, never;
        auto gone = std::make_unique<running<std::error_code>>(at, receives_one(numbers, never));
        running next(at, receives_one(numbers, got));
        at.run_until_idle();

        CHECK(numbers.try_send(of(5)));
        gone.reset();
        at.run_until_idle();

        CHECK(never.empty());
        CHECK(got == std::vector{5});
        CHECK(numbers.size() == 0);
    }
}

TEST_CASE_TEMPLATE("closed is told only when what others were promised has been received too",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    for (const bool destroyed : {false, true}) {
        Channel numbers(2);
        std::vector<int> first_got, second_got;
        auto first =
            std::make_unique<running<std::error_code>>(at, receives_one(numbers, first_got));
        running second(at, receives(numbers, second_got));
        at.run_until_idle();
        CHECK(numbers.try_send(of(1)));

        numbers.close();
        if (destroyed) first.reset();
        at.run_until_idle();

        CHECK(second.take() == io::error::closed);
        CHECK(first_got.size() == (destroyed ? 0 : 1));
        CHECK(second_got.size() == (destroyed ? 1 : 0));
    }
}

TEST_CASE_TEMPLATE("a receiver that was given a value before its cancel has it", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(1);
    std::vector<int> got;
    running receiver(at, receives_one(numbers, got));
    at.run_until_idle();

    CHECK(numbers.try_send(of(9)));
    receiver.cancel();
    at.run_until_idle();

    CHECK(got == std::vector{9});
}

TEST_CASE_TEMPLATE("a receive that lost its race took nothing, or shows what it took", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel left(1), right(1);
    std::vector<int> got;
    auto races = [&]() -> io::task<> {
        auto race = co_await io::when_any(left.receive(), right.receive());
        auto& [first, second] = race.results;
        if (first) got.push_back(**first);
        if (second) got.push_back(**second);
    };
    running racing(at, races());
    at.run_until_idle();

    CHECK(right.try_send(of(2)));
    at.run_until_idle();

    CHECK(got == std::vector{2});
    CHECK(left.try_send(of(1)));
    CHECK(left.size() == 1);
}

TEST_CASE_TEMPLATE("an unbounded channel takes all, and keeps their order", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(io::unbounded);
    for (int i = 0; i < 1000; ++i) {
        CHECK(numbers.try_send(of(i)));
        if (i % 3 == 0) CHECK(**numbers.try_receive() == i / 3);
    }
    for (int i = 334; i < 1000; ++i) CHECK(**numbers.try_receive() == i);
    CHECK(!numbers.try_receive());
}

TEST_CASE_TEMPLATE("a greedy receiver does not starve one that waited before", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(8);
    std::vector<int> modest, greedy;
    running first(at, receives_one(numbers, modest));
    at.run_until_idle();
    auto takes_all = [&]() -> io::task<> {
        for (;;) {
            const auto next = co_await numbers.receive();
            if (!next) co_return;
            greedy.push_back(**next);
        }
    };
    running second(at, takes_all());
    auto sender = [&]() -> io::task<> {
        for (int i = 0; i < 50; ++i) (void)co_await numbers.send(of(i));
        numbers.close();
    };
    running all(at, sender());
    at.run_until_idle();

    CHECK(modest == std::vector{0});
    CHECK(greedy.size() == 49);
}

TEST_CASE_TEMPLATE(
    "in a storm of cancels and ends every value is received once, or still its sender's", Channel,
    io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        Channel numbers(random() % 4);
        std::vector<number> values(20);
        std::vector<int> got;
        std::vector<std::unique_ptr<running<std::error_code>>> senders, receivers;
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = of(static_cast<int>(i));
            senders.push_back(
                std::make_unique<running<std::error_code>>(at, sends(numbers, values[i])));
            receivers.push_back(
                std::make_unique<running<std::error_code>>(at, receives_one(numbers, got)));
        }
        for (int step = 0; step < 30; ++step) {
            if (random() % 2) at.run_turn();
            auto& one = random() % 2 ? senders[random() % 20] : receivers[random() % 20];
            if (!one) continue;
            if (random() % 3)
                one->cancel();
            else
                one.reset();
        }
        if (random() % 2) numbers.close();
        at.run_until_idle();
        while (const auto left = numbers.try_receive()) got.push_back(**left);
        senders.clear();
        receivers.clear();
        for (const number& each : values)
            if (each) got.push_back(*each);
        std::sort(got.begin(), got.end());
        std::vector<int> all(20);
        std::iota(all.begin(), all.end(), 0);
        REQUIRE(got == all);
    }
}

TEST_CASE_TEMPLATE("a receiver that was given a value lets the next sender in before it takes it",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(1);
    REQUIRE(numbers.try_send(of(1)));
    number second = of(2), third = of(3);
    io::event sent;
    auto sends_and_tells = [&]() -> io::task<> {
        const auto done = co_await numbers.send(second);
        CHECK(done);
        sent.set();
    };
    auto receives_both_ways = [&]() -> io::task<int> {
        auto both = co_await io::when_all(numbers.receive(), sent.wait());
        co_return **std::get<0>(both);
    };
    running sender(at, sends_and_tells());
    at.run_until_idle();

    running receiver(at, receives_both_ways());
    at.run_turn();
    // The room that it made was for the one who waited.
    const bool overtaken = numbers.try_send(third);
    at.run_until_idle();

    CHECK(!overtaken);
    REQUIRE(receiver.done());
    CHECK(receiver.take() == 1);
    CHECK(**numbers.try_receive() == 2);
}
