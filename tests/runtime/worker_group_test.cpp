#include "runtime/worker_group.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "runtime/event.hpp"
#include "runtime/on.hpp"
#include "runtime/sleep.hpp"
#include "runtime/start_on.hpp"
#include "runtime/when_all.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/dies_with.hpp"
#include "tests/stack_size.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::worker_options workers(std::size_t count) {
    io::worker_options options;
    options.workers = count;
    return options;
}

struct notes {
    std::mutex lock;
    std::multiset<std::thread::id> threads;
    std::vector<std::error_code> ends;
    std::atomic<int> done{0};

    std::size_t ended() {
        const std::lock_guard held(lock);
        return ends.size();
    }
};

io::task<> notes_thread(notes& all) {
    (void)co_await io::nop{};
    const std::lock_guard held(all.lock);
    all.threads.insert(std::this_thread::get_id());
    ++all.done;
}

io::task<> waits_for_ever(notes& all) {
    io::event never;
    const auto how = co_await never.wait();
    const std::lock_guard held(all.lock);
    all.ends.push_back(how.error());
}

io::task<> does_nothing() { co_return; }

/// Returns: whether it came to pass soon.
bool soon(const std::function<bool()>& what) {
    for (int tries = 0; tries < 2000; ++tries) {
        if (what()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

io::task<std::error_code> drains(io::worker_group& group, io::duration patience) {
    const auto how = co_await group.drain(patience);
    co_return how.error();
}

}  // namespace

TEST_CASE("worker_group: a task runs on the worker that it was given to, and all of them work") {
    notes all;
    io::worker_group group(workers(3));
    CHECK(group.size() == 3);
    for (std::size_t i = 0; i < 30; ++i) group.spawn_on(i % 3, notes_thread, std::ref(all));

    CHECK(soon([&] { return all.done == 30; }));

    std::set<std::thread::id> different(all.threads.begin(), all.threads.end());
    CHECK(different.size() == 3);
    for (const auto& id : different) CHECK(all.threads.count(id) == 10);
    CHECK(soon([&] { return group.load(0) + group.load(1) + group.load(2) == 0; }));
}

TEST_CASE("worker_group: without a number a task goes where fewest are") {
    notes all;
    io::worker_group group(workers(3));
    group.spawn_on(0, waits_for_ever, std::ref(all));
    group.spawn_on(2, waits_for_ever, std::ref(all));

    const auto first = group.spawn(waits_for_ever, std::ref(all));
    std::vector<std::size_t> rest;
    for (int i = 0; i < 3; ++i) rest.push_back(group.spawn(waits_for_ever, std::ref(all)));
    std::sort(rest.begin(), rest.end());

    CHECK(first == 1);
    CHECK(rest == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("worker_group: stop ends every task with `stopped`, and so does the group's end") {
    notes all;
    {
        io::worker_group group(workers(2));
        for (std::size_t i = 0; i < 10; ++i) group.spawn_on(i % 2, waits_for_ever, std::ref(all));
        group.stop();
        group.stop();
        CHECK(soon([&] { return group.load(0) + group.load(1) == 0; }));
        CHECK(all.ended() == 10);
        // One that comes later begins as a stopped one.
        group.spawn_on(0, waits_for_ever, std::ref(all));
    }
    CHECK(all.ended() == 11);
    {
        io::worker_group group(workers(2));
        group.spawn(waits_for_ever, std::ref(all));
    }
    CHECK(all.ended() == 12);
    for (const auto& end : all.ends) CHECK(end == io::error::stopped);
}

TEST_CASE("worker_group: drain waits for what ends by itself, and stops the rest when it is late") {
    notes all;
    auto body = [&]() -> io::task<> {
        io::worker_group patient(workers(2)), hasty(workers(2));
        for (std::size_t i = 0; i < 10; ++i) {
            patient.spawn_on(i % 2, notes_thread, std::ref(all));
            hasty.spawn_on(i % 2, waits_for_ever, std::ref(all));
        }
        const auto by_itself = co_await drains(patient, 10s);
        CHECK(by_itself == std::error_code());
        CHECK(all.done == 10);
        const auto stopped = co_await drains(hasty, 5ms);
        CHECK(stopped == io::error::timed_out);
        CHECK(all.ended() == 10);
        const auto stopped_before = co_await drains(hasty, 10s);
        CHECK(stopped_before == std::error_code());
    };

    run_body(body);
}

TEST_CASE(
    "worker_group: drain gives its time to what a task starts on a worker that was idle, too") {
    io::worker_group group(workers(2));
    std::atomic<bool> asked{false};
    std::atomic<bool> finished{false};
    auto ends_by_itself = [&]() -> io::task<> {
        for (int i = 0; i < 100; ++i) std::ignore = co_await io::on(group[1], does_nothing());
        const auto alive = co_await io::nop{};
        finished = alive.has_value();
    };
    auto starts_another = [&]() -> io::task<> {
        while (!asked) (void)co_await io::nop{};
        group.spawn_on(0, ends_by_itself);
    };
    group.spawn_on(1, starts_another);
    auto body = [&]() -> io::task<> {
        auto asks = [&]() -> io::task<> {
            // By the second return worker 0 has said that it has no tasks.
            for (int i = 0; i < 2; ++i) std::ignore = co_await io::on(group[0], does_nothing());
            asked = true;
        };
        const auto both = co_await io::when_all(group.drain(10s), asks());
        CHECK(std::get<0>(both));
    };

    run_body(body);

    CHECK(finished);
}

TEST_CASE("worker_group: drain ends also when a task waits for the thread that drains") {
    auto body = [&]() -> io::task<> {
        auto& home = static_cast<io::scheduler&>(io::home::current());
        io::worker_group group(workers(1));
        std::atomic<bool> came_back{false};
        auto goes_home = [&]() -> io::task<> {
            auto stays = []() -> io::task<> { (void)co_await io::sleep_for(1h); };
            std::ignore = co_await io::on(home, stays());
            came_back = true;
        };
        group.spawn_on(0, goes_home);
        const auto stopped = co_await drains(group, 5ms);
        CHECK(stopped == io::error::timed_out);
        CHECK(came_back);
    };

    run_body(body);
}

TEST_CASE("worker_group: what a task threw first is rethrown once") {
    io::worker_group group(workers(1));
    auto throws = []() -> io::task<> {
        (void)co_await io::nop{};
        throw std::runtime_error("thrown by a task");
    };
    group.spawn_on(0, throws);
    CHECK(soon([&] { return group.load(0) == 0; }));

    CHECK_THROWS_AS(group.rethrow(), std::runtime_error);
    group.rethrow();
}

TEST_CASE("worker_group: its schedulers are for on and start_on as well") {
    io::worker_group group(workers(2));
    auto where = []() -> io::task<std::thread::id> { co_return std::this_thread::get_id(); };

    auto one = io::start_on(group[0], where());
    auto other = io::start_on(group[1], where());

    CHECK(one.get() != other.get());
}

TEST_CASE("worker_group: pinned workers run on one CPU each, those that are allowed in turn") {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    std::vector<int> expected;
    for (int number = 0; number < CPU_SETSIZE; ++number)
        if (CPU_ISSET(number, &allowed)) expected.push_back(number);
    io::worker_options options;
    options.pinned = true;
    io::worker_group one_each(options);
    CHECK(one_each.size() == expected.size());
    options.workers = 2 * expected.size() + 1;
    io::worker_group in_turn(options);
    // The CPU that it runs on, if it may run on no other.
    auto where = []() -> io::task<int> {
        (void)co_await io::nop{};
        cpu_set_t mine;
        CPU_ZERO(&mine);
        ::sched_getaffinity(0, sizeof mine, &mine);
        const int now = ::sched_getcpu();
        co_return CPU_COUNT(&mine) == 1 && CPU_ISSET(now, &mine) ? now : -1;
    };

    for (auto* group : {&one_each, &in_turn}) {
        for (std::size_t i = 0; i < group->size(); ++i) {
            const int processor = io::start_on((*group)[i], where()).get();
            CHECK(processor == expected[i % expected.size()]);
        }
    }
}

TEST_CASE("worker_group: when one worker cannot begin, those before it end and the error is told") {
    io::worker_options options = workers(8);
    // Descriptors for two or three of the rings.
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const std::size_t open = open_descriptors();
    rlimit few = before;
    few.rlim_cur = open + 5;
    ::setrlimit(RLIMIT_NOFILE, &few);
    std::error_code why;
    try {
        const io::worker_group group(options);
    } catch (const std::system_error& refused) {
        why = refused.code();
    }
    ::setrlimit(RLIMIT_NOFILE, &before);

    CHECK(why == std::errc::too_many_files_open);
    CHECK(open_descriptors() == open);
}

TEST_CASE("worker_group: without a thread the error is told, and nothing is left behind") {
    const std::size_t open = open_descriptors();
    std::error_code why;
    {
        const stack_size impossible(stack_size::impossible);
        try {
            const io::worker_group group(workers(2));
        } catch (const std::system_error& refused) {
            why = refused.code();
        }
    }
    CHECK(why == std::errc::resource_unavailable_try_again);
    CHECK(open_descriptors() == open);

    notes all;
    io::worker_group group(workers(2));
    group.spawn(notes_thread, std::ref(all));
    CHECK(soon([&] { return all.done == 1; }));
}

TEST_CASE("worker_group: a number that is no worker's is a mistake with a name") {
    io::worker_group group(workers(1));  // Here: a forked child may have no threads of its own.
    CHECK(dies_with("no worker of that number", [&group] { std::ignore = group.load(1); }));
}
