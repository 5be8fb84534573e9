#include <cstddef>
#include <memory>
#include <numeric>
#include <ostream>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/channel.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/event.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace lariat::testing;

namespace {

// What no one may copy.
using number = std::unique_ptr<int>;

std::vector<number> numbers_from(int first, int count) {
    std::vector<number> all;
    for (int i = 0; i < count; ++i) all.push_back(std::make_unique<int>(first + i));
    return all;
}

std::vector<int> values_of(const std::vector<number>& all) {
    std::vector<int> values;
    for (const number& each : all) values.push_back(each ? *each : -1);
    return values;
}

std::vector<int> counted(int first, int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), first);
    return all;
}

template <class Channel>
io::task<io::transfer> sends_all(Channel& to, std::vector<number>& values) {
    co_return co_await to.send_all(values);
}

template <class Channel>
io::task<io::result<std::size_t>> receives_some(Channel& from, std::vector<number>& into) {
    co_return co_await from.receive_some(into);
}

}  // namespace

TEST_CASE_TEMPLATE("a batch takes all that is there at once, in order, and waits for one value",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(io::unbounded);
    auto first = numbers_from(0, 1), rest = numbers_from(1, 40);
    std::vector<number> got;
    running early(at, receives_some(numbers, got));
    at.run_until_idle();
    CHECK(!early.done());

    CHECK(numbers.try_send_some(first) == 1);
    at.run_until_idle();
    CHECK(*early.take() == 1);
    CHECK(numbers.try_send_some(rest) == 40);
    running late(at, receives_some(numbers, got));
    at.run_until_idle();

    CHECK(*late.take() == 40);
    CHECK(values_of(got) == counted(0, 41));
    CHECK(values_of(rest) == std::vector(40, -1));
}

TEST_CASE_TEMPLATE("a batch is as large as the vector has room for, and a full vector gets some",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(io::unbounded);
    auto all = numbers_from(0, 100);
    numbers.try_send_some(all);
    std::vector<number> small, full;
    small.reserve(3);

    CHECK(numbers.try_receive_some(small) == 3);
    CHECK(small.capacity() == 3);
    CHECK(numbers.try_receive_some(full) == 64);
    running last(at, receives_some(numbers, small));
    at.run_until_idle();

    CHECK(*last.take() == 33);
    CHECK(values_of(full) == counted(3, 64));
    CHECK(small.size() == 36);
    CHECK(numbers.try_receive_some(small) == 0);
}

TEST_CASE_TEMPLATE("many values are sent as room comes, and no other sender's in between", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    for (const std::size_t room : {0U, 1U, 3U}) {
        Channel numbers(room);
        auto one = numbers_from(0, 10), other = numbers_from(10, 10);
        running first(at, sends_all(numbers, one));
        running second(at, sends_all(numbers, other));
        at.run_until_idle();
        CHECK(!first.done());
        CHECK(numbers.size() == room);

        std::vector<number> got;
        while (auto next = numbers.try_receive()) got.push_back(std::move(*next));
        at.run_until_idle();

        CHECK(*first.take() == 10);
        CHECK(*second.take() == 10);
        CHECK(values_of(got) == counted(0, 20));
    }
}

TEST_CASE_TEMPLATE("a batch takes from all senders that wait", Channel, io::channel<number>,
                   io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(2);
    auto one = numbers_from(0, 10), other = numbers_from(10, 10);
    running first(at, sends_all(numbers, one));
    running second(at, sends_all(numbers, other));
    at.run_until_idle();

    std::vector<number> got;
    running takes(at, receives_some(numbers, got));
    at.run_until_idle();

    CHECK(*takes.take() == 20);
    CHECK(values_of(got) == counted(0, 20));
    CHECK(first.done());
    CHECK(second.done());
}

TEST_CASE_TEMPLATE("of many values that are cancelled on their way the count says how many went",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(2);
    auto some = numbers_from(0, 5), more = numbers_from(5, 5);
    running cancelled(at, sends_all(numbers, some));
    at.run_until_idle();
    CHECK(**numbers.try_receive() == 0);
    cancelled.cancel();
    running closed(at, sends_all(numbers, more));
    at.run_until_idle();
    CHECK(**numbers.try_receive() == 1);
    numbers.close();
    at.run_until_idle();

    const io::transfer stopped = cancelled.take(), ended = closed.take();
    CHECK(stopped.error() == io::error::canceled);
    CHECK(stopped.count() == 3);
    CHECK(values_of(some) == std::vector{-1, -1, -1, 3, 4});
    CHECK(ended.error() == io::error::closed);
    CHECK(ended.count() == 1);
    CHECK(values_of(more) == std::vector{-1, 6, 7, 8, 9});
    std::vector<number> left;
    CHECK(numbers.try_receive_some(left) == 2);
    CHECK(values_of(left) == std::vector{2, 5});
    CHECK(numbers.try_send_some(more) == 0);
}

TEST_CASE_TEMPLATE("a batch that is cancelled, loses its race or is destroyed took nothing",
                   Channel, io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(4), others(4);
    std::vector<number> none, some;
    running cancelled(at, receives_some(numbers, none));
    auto destroyed =
        std::make_unique<running<io::result<std::size_t>>>(at, receives_some(numbers, none));
    auto races = [&]() -> io::task<std::size_t> {
        auto race = co_await io::when_any(numbers.receive_some(none), others.receive_some(some));
        co_return race.index;
    };
    running racing(at, races());
    at.run_until_idle();

    cancelled.cancel();
    auto both = numbers_from(0, 2), one = numbers_from(2, 1);
    others.try_send_some(one);
    at.run_until_idle();
    numbers.try_send_some(both);
    destroyed.reset();
    at.run_until_idle();

    CHECK(cancelled.take().error() == io::error::canceled);
    CHECK(racing.take() == 1);
    CHECK(none.empty());
    CHECK(values_of(some) == std::vector{2});
    CHECK(numbers.size() == 2);
    CHECK(numbers.try_receive_some(none) == 2);
}

TEST_CASE_TEMPLATE("nothing sent is sent at once, and closed is closed for batches too", Channel,
                   io::channel<number>, io::concurrent_channel<number>) {
    manual_home at;
    Channel numbers(1);
    std::vector<number> nothing, got;
    running empty(at, sends_all(numbers, nothing));
    at.run_until_idle();
    auto one = numbers_from(7, 1);
    numbers.try_send_some(one);
    numbers.close();
    running rest(at, receives_some(numbers, got));
    at.run_until_idle();
    running end(at, receives_some(numbers, got));
    running refused(at, sends_all(numbers, nothing));
    at.run_until_idle();

    CHECK(*empty.take() == 0);
    CHECK(*rest.take() == 1);
    CHECK(end.take().error() == io::error::closed);
    CHECK(refused.take().error() == io::error::closed);
}

TEST_CASE("a vector that others fill while a batch waits for it is a mistake with a name") {
    CHECK(dies_with("the vector of a receive_some was filled", [] {
        manual_home at;
        io::channel<number> numbers(1);
        std::vector<number> into;
        into.reserve(1);
        running waits(at, receives_some(numbers, into));
        at.run_until_idle();
        into.push_back(nullptr);
        numbers.try_send(nullptr);
        at.run_until_idle();
    }));
}

TEST_CASE_TEMPLATE("two receives of a closed channel with one value are over, whoever gets it",
                   Channel, io::channel<int>, io::concurrent_channel<int>) {
    for (const bool sent_before : {true, false}) {
        CAPTURE(sent_before);
        manual_home at;
        Channel last(1);
        auto body = [&]() -> io::task<> {
            auto both = co_await io::when_all(last.receive(), last.receive());
            CHECK(std::get<0>(both).value() == 1);
            CHECK(std::get<1>(both).error() == io::error::closed);
        };
        if (sent_before) {
            last.try_send(1);
            last.close();
        }

        running receives(at, body());
        at.run_until_idle();
        last.try_send(1);
        last.close();
        at.run_until_idle();

        CHECK(receives.done());
    }
}

TEST_CASE_TEMPLATE("a value that is given back after others were told closed can be received",
                   Channel, io::channel<int>, io::concurrent_channel<int>) {
    manual_home at;
    Channel last(1);
    last.try_send(1);
    last.close();
    io::event never;
    auto keeps = [&]() -> io::task<> { (void)co_await io::when_all(last.receive(), never.wait()); };
    auto asks = [&]() -> io::task<std::error_code> {
        const auto got = co_await last.receive();
        co_return got.error();
    };
    {
        running keeping(at, keeps());
        at.run_until_idle();
        running asking(at, asks());
        at.run_until_idle();
        CHECK(asking.take() == io::error::closed);
    }

    CHECK(last.try_receive() == 1);
}

TEST_CASE_TEMPLATE("a receive that is queued for its turn's budget is over once", Channel,
                   io::channel<int>, io::concurrent_channel<int>) {
    manual_home at({.immediate = 1});
    Channel last(4);
    for (int i = 0; i < 4; ++i) last.try_send(i);
    last.close();
    auto body = [&]() -> io::task<std::error_code> {
        for (;;) {
            const auto got = co_await last.receive();
            if (!got) co_return got.error();
        }
    };

    running receives(at, body());
    at.run_until_idle();

    REQUIRE(receives.done());
    CHECK(receives.take() == io::error::closed);
}
