#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr int waiters = 10'000;

io::scheduler_options tiny(unsigned completions) {
    io::scheduler_options options;
    options.ring = {.entries = 8, .completions = completions};
    return options;
}

struct counts {
    int answered = 0;
    int canceled = 0;
};

io::task<> wait_readable(int descriptor, counts& seen) {
    const auto ready = co_await io::poll{.file = descriptor};
    ++seen.answered;
    if (ready.error() == io::error::canceled) ++seen.canceled;
}

/// Ten thousand polls of a pipe that stays empty, in a ring of eight entries.
io::task<counts> cancel_all(int descriptor) {
    counts seen;
    io::task_scope scope;
    for (int i = 0; i < waiters; ++i) scope.spawn(wait_readable, descriptor, std::ref(seen));
    (void)co_await io::sleep_for(10ms);
    scope.cancel();
    co_await scope.join();
    co_return seen;
}

/// The same, but they all become ready at once, with room for eight answers.
io::task<counts> answer_all(int descriptor, int writer) {
    counts seen;
    io::task_scope scope;
    for (int i = 0; i < waiters; ++i) scope.spawn(wait_readable, descriptor, std::ref(seen));
    (void)co_await io::sleep_for(10ms);
    REQUIRE(::write(writer, "x", 1) == 1);
    co_await scope.join();
    co_return seen;
}

struct pipe_ends {
    pipe_ends() {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        reader = io::descriptor::adopt(ends[0]);
        writer = io::descriptor::adopt(ends[1]);
    }
    io::descriptor reader;
    io::descriptor writer;
};

}  // namespace

TEST_CASE("ten thousand operations and a cancel for each go through a ring of eight entries") {
    const pipe_ends ends;
    io::scheduler loop(tiny(0));
    REQUIRE(loop.kernel()->entries() == 8);

    const counts seen = loop.run(cancel_all(ends.reader.number()));

    CHECK(seen.answered == waiters);
    CHECK(seen.canceled == waiters);
}

TEST_CASE("teardown of ten thousand operations makes far fewer system calls than operations") {
    const pipe_ends ends;
    io::scheduler loop;
    std::uint64_t before = 0;
    counts seen;
    const auto body = [&]() -> io::task<> {
        io::task_scope scope;
        for (int i = 0; i < waiters; ++i)
            scope.spawn(wait_readable, ends.reader.number(), std::ref(seen));
        (void)co_await io::sleep_for(10ms);
        before = loop.kernel()->system_calls();
        scope.cancel();
        co_await scope.join();
    };

    loop.run(body());

    CHECK(seen.canceled == waiters);
    // A ring with deferred task work hands out some twenty answers for each call.
    CHECK(loop.kernel()->system_calls() - before < waiters / 10);
}

TEST_CASE("answers that overflow a completion queue of eight are all delivered") {
    const pipe_ends ends;
    io::scheduler loop(tiny(8));
    REQUIRE(loop.kernel()->completions() <= 16);

    const counts seen = loop.run(answer_all(ends.reader.number(), ends.writer.number()));

    CHECK(seen.answered == waiters);
    CHECK(seen.canceled == 0);
}

TEST_CASE("cancels that overflow a completion queue of eight are not dropped") {
    const pipe_ends ends;
    io::scheduler loop(tiny(8));

    const counts seen = loop.run(cancel_all(ends.reader.number()));

    CHECK(seen.canceled == waiters);
}

TEST_CASE(
    "an operation that is cancelled before it reached the kernel ends once, with its reason") {
    io::scheduler loop(tiny(0));
    const pipe_ends ends;
    counts seen;
    const auto body = [&]() -> io::task<> {
        io::task_scope scope;
        for (int i = 0; i < 100; ++i)
            scope.spawn(wait_readable, ends.reader.number(), std::ref(seen));
        // They begin in this turn, and are cancelled before the next look at the kernel.
        co_await io::yield();
        scope.cancel();
        co_await scope.join();
    };

    loop.run(body());

    CHECK(seen.answered == 100);
    CHECK(seen.canceled == 100);
}
