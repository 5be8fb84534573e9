#include <dirent.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <new>
#include <ostream>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/channel.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/timer.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<io::result<void>> answer(io::tcp_stream peer) {
    std::array<char, 4> buffer;
    const auto got = co_await io::within(1s, peer.receive(buffer));
    if (!got) co_return got.error();
    const auto sent = co_await io::write_all(peer, std::span(buffer).first(*got));
    co_return sent.error();
}

io::task<io::result<void>> serve(io::tcp_listener& door) {
    auto peer = co_await door.accept();
    if (!peer) co_return peer.error();
    io::task_scope peers;
    peers.spawn(answer, *std::move(peer));
    co_await peers.join();
    co_return {};
}

io::task<io::result<void>> ask(io::address where) {
    auto stream = co_await io::connect_tcp(where);
    if (!stream) co_return stream.error();
    const auto sent = co_await io::write_all(*stream, "ping");
    if (!sent) co_return sent.error();
    std::array<char, 4> buffer;
    const auto got = co_await io::within(1s, io::read_exactly(*stream, buffer));
    co_return got.error();
}

/// The server and its client; whoever fails ends the other.
io::task<io::result<void>> echo_round() {
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    const auto both = co_await io::when_all(io::within(1s, serve(door)), ask(where));
    co_return std::get<0>(both) ? std::get<1>(both).error() : std::get<0>(both).error();
}

enum class ending { fine, error, thrown };

ending run_round() {
    try {
        return io::run(echo_round()) ? ending::fine : ending::error;
    } catch (const std::bad_alloc&) {
        return ending::thrown;
    }
}

struct wake_up final : io::timed_waiter {
    void expire() noexcept override {}
    void cancel(std::error_code) noexcept override {}
    void describe(io::wait_report&) const override {}
};

/// Returns: whether a timer can be armed when its queue gets no more memory.
bool arms_without_memory(io::timer_queue& queue, wake_up& timer) {
    counted::fail_at(1);
    const bool armed = queue.arm(timer, io::time_point(1ms));
    counted::fail_at(0);
    return armed;
}

template <class Channel>
io::task<> adds_one(Channel& from, int& sum) {
    const auto value = co_await from.receive();
    if (value) sum += **value;
}

/// One value more than a channel has memory for, because receivers that were promised one have not
/// taken theirs yet.
template <class Channel>
void check_value_stays() {
    io::testing::manual_home at;
    Channel numbers(1);
    int sum = 0;
    io::testing::running first(at, adds_one(numbers, sum)), second(at, adds_one(numbers, sum));
    at.run_until_idle();
    REQUIRE(numbers.try_send(std::make_unique<int>(1)));
    auto two = std::make_unique<int>(2);

    counted::fail_at(1);
    const bool sent = numbers.try_send(two);
    counted::fail_at(0);

    CHECK(!sent);
    REQUIRE(two);
    CHECK(numbers.try_send(two));
    at.run_until_idle();
    CHECK(sum == 3);
}

template <class Channel>
io::task<std::error_code> sends(Channel& to, std::unique_ptr<int>& value) {
    const auto sent = co_await to.send(value);
    co_return sent.error();
}

/// There is no memory for the value of the first that waits, and some for the next one's.
template <class Channel>
void check_next_one_sends() {
    io::testing::manual_home at;
    Channel meeting(0);
    auto one = std::make_unique<int>(1), two = std::make_unique<int>(2);
    io::testing::running first(at, sends(meeting, one)), second(at, sends(meeting, two));
    at.run_until_idle();

    counted::fail_at(1);
    const auto got = meeting.try_receive();
    counted::fail_at(0);
    at.run_until_idle();

    REQUIRE(got);
    CHECK(**got == 2);
    CHECK(first.take() == std::errc::not_enough_memory);
    CHECK(one);
    CHECK(second.take() == std::error_code());
}

}  // namespace

TEST_CASE("without memory for one more value a channel leaves it with its sender") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    check_value_stays<io::channel<std::unique_ptr<int>>>();
    check_value_stays<io::concurrent_channel<std::unique_ptr<int>>>();
}

TEST_CASE("without memory for a waiting sender's value the receiver gets the next sender's") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    check_next_one_sends<io::channel<std::unique_ptr<int>>>();
    check_next_one_sends<io::concurrent_channel<std::unique_ptr<int>>>();
}

TEST_CASE("without memory for one more timer arming fails, and harms nothing") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    std::vector<wake_up> wake_ups(5000);
    io::timer_queue queue;
    REQUIRE(!arms_without_memory(queue, wake_ups[0]));
    CHECK(!wake_ups[0].armed());
    REQUIRE(queue.arm(wake_ups[0], io::time_point(1ms)));

    std::size_t armed = 1;
    while (armed < wake_ups.size() && arms_without_memory(queue, wake_ups[armed])) ++armed;

    CHECK(armed > 1);
    CHECK(armed < wake_ups.size());
    CHECK(queue.size() == armed);
    CHECK(!wake_ups[armed].armed());
    CHECK(queue.arm(wake_ups[armed], io::time_point(1ms)));
    std::size_t due = 0;
    while (queue.pop_due(io::time_point(1ms))) ++due;
    CHECK(due == armed + 1);
}

TEST_CASE("an allocation that fails, whichever it is, surfaces as an error, and nothing leaks") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    REQUIRE(run_round() == ending::fine);  // What lives as long as the process is there by now.
    const auto open_before = open_descriptors();
    std::int64_t alive_before = 0;
    std::uint64_t nth = 0, errors = 0;
    for (bool failed = true; failed; ++nth) {
        io::frame_pool::trim();
        if (nth == 1) alive_before = counted::alive();
        // The first round fails nothing: it shows that a round leaves nothing behind.
        counted::fail_at(nth);
        const auto end = run_round();
        failed = nth == 0 || counted::failed();
        counted::fail_at(0);
        io::frame_pool::trim();

        CAPTURE(nth);
        if (nth != 0) {
            CHECK((end != ending::fine) == failed);
            CHECK(counted::alive() == alive_before);
        }
        CHECK(open_descriptors() == open_before);
        errors += end != ending::fine;
    }

    std::cout << "failed allocations that surfaced: " << errors << std::endl;
    CHECK(errors > 10);
}
