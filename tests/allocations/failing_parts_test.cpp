#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <new>
#include <ostream>
#include <span>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/completion_source.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/ring_message.hpp"
#include "aio/op/timeout.hpp"
#include "aio/stream.hpp"
#include "aio/transport/acceptor.hpp"
#include "runtime/as_completed.hpp"
#include "runtime/channel.hpp"
#include "runtime/condition_variable.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/generator.hpp"
#include "runtime/mutex.hpp"
#include "runtime/offload.hpp"
#include "runtime/on.hpp"
#include "runtime/retry.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/start_on.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/worker_group.hpp"
#include "runtime/yield.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using outcome = io::task<io::result<void>>;

/// A round that fails in every way that is not a lack of memory is wrong.
enum class ending { fine, error, thrown, wrong };

ending run_round(outcome (*body)()) {
    try {
        const auto how = io::run(body());
        if (how) return ending::fine;
        return how.error() == std::errc::not_enough_memory ? ending::error : ending::wrong;
    } catch (const std::bad_alloc&) {
        return ending::thrown;
    }
}

/// Lets each allocation of a round fail once, until there is none left.
void check_each_failure(const char* name, outcome (*body)(), void (*fail)(std::uint64_t nth)) {
    // What lives as long as the process is there by now.
    REQUIRE(run_round(body) == ending::fine);
    io::frame_pool::trim();
    const auto open_before = open_descriptors();
    const auto alive_before = counted::alive();
    std::uint64_t nth = 0, surfaced = 0;
    // The first failure after which something was amiss; what checks it may allocate, too.
    std::uint64_t ended_wrong = 0, was_hidden = 0, leaked = 0, left_open = 0;
    const auto note = [&](std::uint64_t& first, bool amiss) {
        if (amiss && first == 0) first = nth;
    };
    for (bool failed = true; failed;) {
        fail(++nth);
        const ending end = run_round(body);
        failed = counted::failed();
        fail(0);
        io::frame_pool::trim();
        note(ended_wrong, end == ending::wrong);
        note(was_hidden, (end != ending::fine) != failed);
        note(leaked, counted::alive() != alive_before);
        note(left_open, open_descriptors() != open_before);
        surfaced += end != ending::fine;
    }

    std::cout << name << ": failed allocations that surfaced: " << surfaced << std::endl;
    CHECK(surfaced > 10);
    CHECK(ended_wrong == 0);
    CHECK(was_hidden == 0);
    CHECK(leaked == 0);
    CHECK(left_open == 0);
    CHECK(run_round(body) == ending::fine);
}

io::task<io::result<int>> answers(int number) {
    const auto done = co_await io::nop{};
    if (!done) co_return done.error();
    co_return number;
}

io::generator<int> counts(int last) {
    for (int number = 1; number <= last; ++number) co_yield *co_await answers(number);
}

outcome sends_and_receives() {
    io::channel<int> small(4), endless(io::unbounded);
    auto sends = [](io::channel<int>& to, int many) -> outcome {
        struct closes_at_the_end {
            io::channel<int>& channel;
            ~closes_at_the_end() { channel.close(); }
        };
        const closes_at_the_end at_last{to};
        for (int i = 0; i < many; ++i) {
            const auto sent = co_await to.send(i);
            if (!sent) co_return sent.error();
        }
        co_return {};
    };
    auto receives = [](io::channel<int>& from) -> outcome {
        for (;;) {
            const auto value = co_await from.receive();
            if (value.error() == io::error::closed) co_return {};
            if (!value) co_return value.error();
        }
    };
    const auto first = co_await io::when_all(sends(small, 20), receives(small));
    if (!std::get<0>(first)) co_return std::get<0>(first);
    const auto filled = co_await sends(endless, 100);
    if (!filled) co_return filled;
    co_return co_await receives(endless);
}

outcome waits_for_ranges() {
    std::vector<io::task<io::result<int>>> racing, together;
    for (int i = 0; i < 4; ++i) racing.push_back(answers(i));
    for (int i = 0; i < 4; ++i) together.push_back(answers(i));
    auto first = co_await io::when_any(std::move(racing));
    const auto all = co_await io::when_all(std::move(together));
    for (const auto& each : all)
        if (!each) co_return each.error();
    io::as_completed<io::result<int>> values;
    for (int i = 0; i < 4; ++i) values.spawn(answers, i);
    while (auto next = co_await values.next())
        if (!next->value) co_return next->value.error();
    co_return {};
}

outcome asks_again() {
    int calls = 0;
    auto fails_twice = [&]() -> io::task<io::result<int>> {
        if (++calls < 3) co_return io::error::limit_exceeded;
        co_return 1;
    };
    const auto tried = co_await io::retry({.first = 1us}, fails_twice);
    if (!tried) co_return tried.error();
    auto numbers = counts(3);
    int sum = 0;
    while (const auto number = co_await numbers.next()) sum += *number;
    if (sum != 6) co_return io::error::limit_exceeded;
    io::completion_source<int> source;
    source.handle().finish(1);
    const auto finished = co_await source;
    co_return finished.error();
}

outcome waits_for_news() {
    io::mutex lock;
    io::condition_variable changed;
    bool ready = false;
    auto waits = [&]() -> outcome {
        auto held = co_await lock.lock();
        co_return co_await changed.wait(lock, *held, [&] { return ready; });
    };
    auto tells = [&]() -> outcome {
        co_await io::yield();
        ready = true;
        changed.notify_all();
        co_return {};
    };
    const auto both = co_await io::when_all(io::within(1h, waits()), tells());
    co_return std::get<0>(both);
}

/// All that one thread does.
outcome uses_one_thread() {
    io::task_scope scope({.policy = io::scope_policy::fail_fast, .most_running = 2});
    auto naps = [](std::error_code& why) -> outcome {
        const auto slept = co_await io::sleep_for(1us);
        if (!slept && !why) why = slept.error();
        co_return slept;
    };
    std::error_code why;
    for (int i = 0; i < 4; ++i) scope.spawn(naps, std::ref(why));
    co_await scope.join();
    if (why) co_return why;
    for (auto* part : {&sends_and_receives, &waits_for_ranges, &asks_again, &waits_for_news}) {
        const auto how = co_await part();
        if (!how) co_return how;
    }
    io::multishot ticks(io::timeout{.span = 1ms});
    const auto tick = co_await ticks.next();
    if (!tick) co_return tick.error();
    io::ring_inbox inbox;
    co_return {};
}

int add(int a, int b) { return a + b; }

io::worker_options workers(std::size_t count) {
    io::worker_options options;
    options.workers = count;
    return options;
}

/// All that goes from thread to thread.
outcome uses_threads() {
    io::worker_group group(workers(2));
    io::thread_pool pool({.most = 2});
    std::atomic<int> sum{0};
    auto adds = [](std::atomic<int>& to) -> io::task<> {
        (void)co_await answers(1);
        ++to;
    };
    group.spawn_on(0, adds, std::ref(sum));
    group.spawn(adds, std::ref(sum));
    const auto visit = co_await io::on(group[1], answers(1));
    if (!visit) co_return visit.error();
    auto started = io::start_on(group[0], answers(1));
    if (const auto value = started.get(); !value) co_return value.error();
    const auto called = co_await io::offload(pool, add, 1, 2);
    if (!called) co_return called.error();
    const auto drained = co_await group.drain(10s);
    group.rethrow();
    if (drained && sum != 2) co_return io::error::limit_exceeded;
    co_return drained;
}

io::task<> greets(io::tcp_stream peer) { (void)co_await io::write_all(peer, "hi"); }

/// Whoever ends first, in whatever way, ends the other one with it.
struct closes_at_the_end {
    io::tcp_listener& door;
    ~closes_at_the_end() { door.close(); }
};

outcome serves(io::worker_group& group, io::tcp_listener& door) {
    const closes_at_the_end at_last{door};
    co_return co_await io::serve_on(group, door, {}, greets);
}

outcome visits(io::address where, io::tcp_listener& door, int times) {
    const closes_at_the_end at_last{door};
    for (int i = 0; i < times; ++i) {
        auto client = co_await io::or_return(co_await io::connect_tcp(where));
        std::array<char, 2> text;
        const auto got = co_await io::within(1s, io::read_exactly(client, text));
        if (got.error() == std::errc::not_enough_memory) co_return got.error();
        // The other side had no memory for this peer: its own error tells.
        if (!got) break;
    }
    co_return {};
}

/// A listener whose peers are served by workers.
outcome serves_peers() {
    io::worker_group group(workers(2));
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    const auto both = co_await io::when_all(serves(group, door), visits(where, door, 3));
    co_return std::get<0>(both) ? std::get<1>(both) : std::get<0>(both);
}

bool can_fail() {
    if (counted::available()) return true;
    MESSAGE("skipped: operator new is this sanitizer's own");
    return false;
}

}  // namespace

TEST_CASE("without memory for any part of what one thread does, it says so, and nothing leaks") {
    if (!can_fail()) return;
    check_each_failure("one thread", uses_one_thread, counted::fail_at);
}

TEST_CASE("without memory for what goes from thread to thread, who sent it is told") {
    if (!can_fail()) return;
    check_each_failure("sender", uses_threads, counted::fail_at);
}

TEST_CASE("without memory on whichever thread, who waits for it is told") {
    if (!can_fail()) return;
    check_each_failure("any thread", uses_threads, counted::fail_anywhere_at);
}

TEST_CASE("without memory for a peer, serving ends with that, and all that was served has ended") {
    if (!can_fail()) return;
    check_each_failure("serving", serves_peers, counted::fail_at);
    check_each_failure("serving, any thread", serves_peers, counted::fail_anywhere_at);
}
