#include "runtime/concurrent_channel.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/yield.hpp"
#include "tests/runtime/other_home.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

// What no one may copy.
using number = std::unique_ptr<int>;
using numbers = io::concurrent_channel<number>;

number of(int value) { return std::make_unique<int>(value); }

io::task<std::error_code> sends(numbers& to, number& value) {
    const auto sent = co_await to.send(value);
    co_return sent.error();
}

io::task<std::error_code> receives_one(numbers& from, std::vector<int>& got) {
    const auto next = co_await from.receive();
    if (next) got.push_back(**next);
    co_return next.error();
}

io::task<std::error_code> receives(numbers& from, std::vector<int>& got) {
    for (;;) {
        const auto next = co_await from.receive();
        if (!next) co_return next.error();
        got.push_back(**next);
    }
}

}  // namespace

TEST_CASE("a thread without a scheduler sends and receives what is there, and never waits") {
    manual_home at;
    other_thread elsewhere;
    numbers one(1), back(1);
    std::vector<int> got;
    running receiver(at, receives_one(one, got));
    number kept = of(3), echo = of(4);
    running sender(at, sends(back, echo));
    at.run_until_idle();

    std::optional<number> heard;
    elsewhere.run([&] {
        CHECK(one.try_send(of(1)));
        CHECK(one.try_send(of(2)));
        CHECK(!one.try_send(kept));
        heard = back.try_receive();
        CHECK(!back.try_receive());
    });
    at.run_until_idle();

    CHECK(got == std::vector{1});
    CHECK((kept && *kept == 3));
    CHECK((heard && **heard == 4));
    CHECK(sender.take() == std::error_code());
}

TEST_CASE("a sender and a receiver of two homes meet in a channel without room") {
    manual_home at;
    other_home there;
    numbers meeting(0);
    std::vector<int> got;
    number value = of(7);
    running_there receiver(there, receives_one(meeting, got));

    running sender(at, sends(meeting, value));
    at.run_until_idle();
    there.run_until_idle();

    CHECK(sender.take() == std::error_code());
    CHECK(got == std::vector{7});
}

TEST_CASE("what a receiver was promised on its way home stays in front for the next one") {
    manual_home at;
    other_home there;
    numbers channel(4);
    std::vector<int> got, never;
    auto destroyed = std::make_unique<running<std::error_code>>(at, receives_one(channel, never));
    at.run_until_idle();
    there.run([&](auto&) {
        channel.try_send(of(1));
        channel.try_send(of(2));
    });

    destroyed.reset();
    running_there next(there, receives_one(channel, got));
    running_there last(there, receives_one(channel, got));

    CHECK(never.empty());
    CHECK(got == std::vector{1, 2});
    CHECK(channel.size() == 0);
}

TEST_CASE("what a receiver was promised that is destroyed goes to one that waits elsewhere") {
    manual_home at;
    other_home there;
    numbers channel(4);
    std::vector<int> got, never;
    auto destroyed = std::make_unique<running<std::error_code>>(at, receives_one(channel, never));
    at.run_until_idle();
    running_there next(there, receives_one(channel, got));
    there.run([&](auto&) { channel.try_send(of(1)); });
    CHECK(!next.done());

    destroyed.reset();
    there.run_until_idle();

    CHECK(never.empty());
    CHECK(got == std::vector{1});
}

TEST_CASE("a receiver that was promised a value elsewhere before its cancel has it") {
    manual_home at;
    other_thread elsewhere;
    numbers channel(1);
    std::vector<int> got;
    running receiver(at, receives_one(channel, got));
    at.run_until_idle();

    elsewhere.run([&] { channel.try_send(of(9)); });
    receiver.cancel();
    at.run_until_idle();

    CHECK(got == std::vector{9});
}

TEST_CASE("a sender whose value was taken elsewhere before its cancel has sent it") {
    manual_home at;
    other_thread elsewhere;
    numbers channel(0);
    number taken = of(1), kept = of(2);
    running sender(at, sends(channel, taken));
    running late(at, sends(channel, kept));
    at.run_until_idle();

    std::optional<number> got;
    elsewhere.run([&] { got = channel.try_receive(); });
    sender.cancel();
    late.cancel();
    at.run_until_idle();

    CHECK(**got == 1);
    CHECK(sender.take() == std::error_code());
    CHECK(late.take() == io::error::canceled);
    CHECK((kept && *kept == 2));
}

TEST_CASE("closing elsewhere ends senders with their values, and receivers when all is received") {
    manual_home at;
    other_home there;
    other_thread elsewhere;
    numbers full(1), empty(1);
    CHECK(full.try_send(of(1)));
    number kept = of(2);
    std::vector<int> got, rest;
    running sender(at, sends(full, kept));
    at.run_until_idle();
    running_there receiver(there, receives(empty, got));

    elsewhere.run([&] {
        full.close();
        empty.close();
    });
    at.run_until_idle();
    there.run_until_idle();
    running_there reader(there, receives(full, rest));

    CHECK(sender.take() == io::error::closed);
    CHECK((kept && *kept == 2));
    CHECK(receiver.take() == io::error::closed);
    CHECK(reader.take() == io::error::closed);
    CHECK(rest == std::vector{1});
    CHECK(full.closed());
}

TEST_CASE("a greedy receiver does not starve one of another home that waited before") {
    manual_home at;
    other_home there;
    numbers channel(8);
    std::vector<int> modest, greedy;
    running_there first(there, receives_one(channel, modest));
    running second(at, receives(channel, greedy));
    at.run_until_idle();

    auto sender = [&]() -> io::task<> {
        for (int i = 0; i < 50; ++i) (void)co_await channel.send(of(i));
        channel.close();
    };
    running all(at, sender());
    at.run_until_idle();
    CHECK(greedy.size() == 49);
    there.run_until_idle();

    CHECK(modest.size() == 1);
}

TEST_CASE("a greedy sender does not starve one of another home that waited before") {
    manual_home at;
    other_home there;
    numbers channel(1);
    CHECK(channel.try_send(of(0)));
    number modest = of(100);
    running_there first(there, sends(channel, modest));
    auto greedy = [&]() -> io::task<> {
        for (int i = 1;; ++i) {
            const auto sent = co_await channel.send(of(i));
            if (!sent) co_return;
        }
    };
    running hog(at, greedy());
    at.run_until_idle();

    CHECK(**channel.try_receive() == 0);
    at.run_until_idle();

    CHECK(**channel.try_receive() == 100);
    there.run_until_idle();
    CHECK(first.done());
    channel.close();
    at.run_until_idle();
}

TEST_CASE("batches go from home to home whole") {
    manual_home at;
    other_home there;
    numbers channel(16);
    std::vector<number> batch, got;
    for (int i = 0; i < 100; ++i) batch.push_back(of(i));
    auto sends_all = [&]() -> io::task<std::size_t> {
        const auto sent = co_await channel.send_all(batch);
        co_return *sent;
    };
    auto receives_all = [&]() -> io::task<> {
        for (;;) {
            const auto some = co_await channel.receive_some(got);
            if (!some) co_return;
        }
    };
    running_there receiver(there, receives_all());
    running sender(at, sends_all());
    for (int round = 0; round < 100 && !sender.done(); ++round) {
        at.run_until_idle();
        there.run_until_idle();
    }
    channel.close();
    there.run_until_idle();

    CHECK(sender.take() == 100);
    REQUIRE(got.size() == 100);
    for (int i = 0; i < 100; ++i) CHECK(*got[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("two schedulers pass each other every value, in its order") {
    constexpr int all = 2000;
    for (const std::size_t room : {0U, 1U, 16U}) {
        io::concurrent_channel<int> there(room), back(room);
        std::thread echo([&] {
            auto body = [&]() -> io::task<> {
                while (auto next = co_await there.receive()) {
                    const auto sent = co_await back.send(*next);
                    if (!sent) co_return;
                }
                back.close();
            };
            io::run(body());
        });
        std::vector<int> got;
        auto body = [&]() -> io::task<> {
            auto sends_all = [&]() -> io::task<> {
                for (int i = 0; i < all; ++i) (void)co_await there.send(i);
                there.close();
            };
            io::task_scope sending;
            sending.spawn(sends_all);
            while (auto next = co_await back.receive()) got.push_back(*next);
            co_await sending.join();
        };
        io::run(body());
        echo.join();

        REQUIRE(got.size() == all);
        for (int i = 0; i < all; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
    }
}
