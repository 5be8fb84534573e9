#include <time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "aio/completion_source.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/socket.hpp"
#include "runtime/ring.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/clock/best_of_five.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

steady::duration cpu_of_this_thread() {
    timespec now;
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class done_at_once final : public io::aio_awaitable<std::size_t> {
    void start() noexcept override { finish({}, 1); }
    std::size_t value() noexcept override { return count(); }
};

io::task<> yields(const bool& enough) {
    while (!enough) co_await io::yield();
}

io::task<> completes_at_once(const bool& enough) {
    done_at_once operation;
    while (!enough) (void)co_await operation;
}

io::task<> awaits_tasks(const bool& enough) {
    auto child = []() -> io::task<> { co_return; };
    while (!enough) co_await child();
}

/// Its strand is cancelled: each receive fails as it begins.
io::task<> resubmits(const bool& enough) {
    const auto pair = make_socket_pair();
    std::array<char, 1> buffer;
    while (!enough) (void)co_await io::receive{.socket = pair.first, .buffer = buffer};
}

struct greedy {
    const char* name;
    io::task<> (*run)(const bool& enough);
    bool cancelled;
};

constexpr greedy all_kinds[] = {
    {"a task that yields", yields, false},
    {"operations that complete at once", completes_at_once, false},
    {"tasks that never suspend", awaits_tasks, false},
    {"receives after a cancel", resubmits, true},
};

/// Awaits `wait` beside a coroutine that never stops. Returns: how long that took.
template <class Wait>
steady::duration beside(const greedy& hog, Wait wait) {
    auto body = [&]() -> io::task<steady::duration> {
        bool enough = false;
        io::task_scope scope, cancelled;
        cancelled.cancel();
        (hog.cancelled ? cancelled : scope).spawn(hog.run(enough));
        const auto start = steady::now();
        co_await wait();
        const auto took = steady::now() - start;
        enough = true;
        co_await scope.join();
        co_await cancelled.join();
        co_return took;
    };
    return io::run(body());
}

}  // namespace

TEST_CASE("a 10 ms timer is served within 11 ms beside whoever never stops") {
    auto wait = []() -> io::task<> { (void)co_await io::sleep_for(10ms); };
    for (const greedy& hog : all_kinds) {
        const auto took = best_of_five(hog.name, [&] { return beside(hog, wait); });

        CHECK(took >= 10ms);
        CHECK(took <= 10ms + 1ms * slower);
    }
}

TEST_CASE("a socket that is written to after 10 ms is ready within 11 ms beside them") {
    for (const greedy& hog : all_kinds) {
        const auto took = best_of_five(hog.name, [&] {
            const auto pair = make_socket_pair();
            std::thread writer;
            auto wait = [&]() -> io::task<> {
                writer = std::thread([&, until = steady::now() + 10ms] {
                    std::this_thread::sleep_until(until);
                    put(pair.second, "x");
                });
                (void)co_await io::poll{.file = pair.first};
            };
            const auto span = beside(hog, wait);
            writer.join();
            return span;
        });

        CHECK(took <= 10ms + 1ms * slower);
    }
}

TEST_CASE("a post from another thread after 10 ms arrives within 11 ms beside them") {
    for (const greedy& hog : all_kinds) {
        const auto took = best_of_five(hog.name, [&] {
            std::thread poster;
            auto wait = [&]() -> io::task<> {
                io::completion_source<int> answer;
                poster =
                    std::thread([handle = answer.handle(), until = steady::now() + 10ms]() mutable {
                        std::this_thread::sleep_until(until);
                        handle.finish(1);
                    });
                (void)co_await answer;
            };
            const auto span = beside(hog, wait);
            poster.join();
            return span;
        });

        CHECK(took <= 10ms + 1ms * slower);
    }
}

TEST_CASE("a sleep, a deadline of an operation and one of a task end within 1 ms of their time") {
    const auto pair = make_socket_pair();
    std::array<char, 1> buffer;
    const io::receive receive{.socket = pair.first, .buffer = buffer};
    auto task = [&]() -> io::task<io::result<std::size_t>> { co_return co_await receive; };
    auto sleeping = [&]() -> io::task<> { (void)co_await io::sleep_for(5ms); };
    auto operation = [&]() -> io::task<> { (void)co_await io::within(5ms, receive); };
    auto limited = [&]() -> io::task<> { (void)co_await io::within(5ms, task()); };
    auto measured = [](auto& body) {
        const auto start = steady::now();
        io::scheduler loop;
        const auto created = steady::now() - start;
        loop.run(body());
        return steady::now() - start - created;
    };

    const auto slept = best_of_five("sleep of 5 ms", [&] { return measured(sleeping); });
    const auto own = best_of_five("operation within 5 ms", [&] { return measured(operation); });
    const auto whole = best_of_five("task within 5 ms", [&] { return measured(limited); });

    for (const auto took : {slept, own, whole}) {
        CHECK(took >= 5ms);
        CHECK(took <= 5ms + 1ms * slower);
    }
}

TEST_CASE("limits of 0, a nanosecond and 10 us end at once on the real clock, and not before") {
    const auto pair = make_socket_pair();
    std::array<char, 1> buffer;
    const io::receive receive{.socket = pair.first, .buffer = buffer};
    for (const io::duration limit : {0ns, 1ns, 10'000ns}) {
        std::error_code error;
        auto body = [&]() -> io::task<steady::duration> {
            const auto start = steady::now();
            error = (co_await io::within(limit, receive)).error();
            co_return steady::now() - start;
        };
        const auto took = best_of_five("shortest limits", [&] { return io::run(body()); });

        CHECK(error == make_error_code(io::error::timed_out));
        CHECK(took >= limit);
        CHECK(took <= 1ms * slower);
    }
}

TEST_CASE("a scheduler with a timer of one second sleeps: no CPU time, a handful of system calls") {
    io::scheduler loop;
    std::uint64_t calls = 0;
    const auto cpu_time = best_of_five("CPU time of one idle second", [&] {
        const auto calls_before = loop.kernel()->system_calls();
        const auto before = cpu_of_this_thread();
        loop.run([]() -> io::task<> { (void)co_await io::sleep_for(1s); }());
        calls = loop.kernel()->system_calls() - calls_before;
        return cpu_of_this_thread() - before;
    });

    CHECK(calls <= 3);
    CHECK(cpu_time <= 1ms * slower);
}

TEST_CASE("five thousand deadlines of one moment have all fired a few milliseconds after it") {
    const auto pair = make_socket_pair();
    std::array<char, 1> buffer;
    const io::receive receive{.socket = pair.first, .buffer = buffer};
    auto sleeps = [](io::time_point due) -> io::task<> { (void)co_await io::sleep_until(due); };
    auto receives = [&](io::time_point due) -> io::task<> {
        (void)co_await io::within(due, receive);
    };
    auto last_of = [](auto& one) {
        const auto due = steady::now() + 50ms;
        auto body = [&]() -> io::task<> {
            io::task_scope scope;
            for (int count = 0; count < 5000; ++count) scope.spawn(one, due);
            co_await scope.join();
        };
        io::run(body());
        return steady::now() - due;
    };

    const auto slept = best_of_five("the last of 5,000 sleeps", [&] { return last_of(sleeps); });
    const auto ended = best_of_five("of 5,000 receives", [&] { return last_of(receives); });

    CHECK(slept <= 5ms * slower);
    // Each is a request to the kernel to give up, and its answer: 1 to 2 us of system time.
    CHECK(ended <= 20ms * slower);
}

TEST_CASE("a cancel with 8,000 operations pending costs at most 5 us") {
    const auto silent = make_socket_pair();
    constexpr std::size_t many = 8'000;
    auto body = [&]() -> io::task<steady::duration> {
        std::vector<char> bytes(many);
        io::task_scope scope;
        const auto wait = [](io::descriptor_ref from, char& into) -> io::task<> {
            (void)co_await io::receive{.socket = from, .buffer = std::span(&into, 1)};
        };
        for (auto& each : bytes)
            scope.spawn(wait, io::descriptor_ref(silent.first), std::ref(each));
        (void)co_await io::sleep_for(1ms);
        const auto begin = cpu_of_this_thread();
        scope.cancel();
        co_await scope.join();
        co_return (cpu_of_this_thread() - begin) / many;
    };

    const auto each =
        best_of_five("a cancel among 8,000 and its end", [&] { return run_body(body); });

    CHECK(each < 5us * slower);
}
