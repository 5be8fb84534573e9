#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/worker_group.hpp"
#include "tests/clock/best_of_five.hpp"
#include "tests/every_wait/room.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr int of_each_kind = 100;

io::worker_options workers(std::size_t count) {
    io::worker_options options;
    options.workers = count;
    return options;
}

/// Fills a room and waits in it; says when it is full.
io::task<> fills(io::scheduler& elsewhere, std::atomic<int>& full) {
    waiting_room room(elsewhere);
    io::task_scope scope;
    room.fill(scope, of_each_kind);
    co_await room.until_full();
    ++full;
    full.notify_one();
    co_await scope.join();
    CHECK(room.stopped() == room.started());
}

void await_count(const std::atomic<int>& full, int wanted) {
    for (int seen = full; seen < wanted; seen = full) full.wait(seen);
}

}  // namespace

TEST_CASE("a stop from outside ends thousands of waits of every kind within a second") {
    const auto took = best_of_five("stop of 4,000 waits", [] {
        io::worker_group elsewhere(workers(1));
        io::scheduler loop;
        std::atomic<int> full{0};
        steady::time_point start;
        std::thread stopper([&] {
            await_count(full, 1);
            start = steady::now();
            loop.stop();
        });
        loop.run(fills(elsewhere[0], full));
        const auto end = steady::now();
        stopper.join();
        return end - start;
    });

    CHECK(took <= 1s * slower);
}

TEST_CASE("a stop from outside ends a group with as many on each worker within a second") {
    const auto took = best_of_five("stop of a group, 4,000 waits on each of 3", [] {
        io::worker_group group(workers(3));
        std::atomic<int> full{0};
        for (std::size_t i = 0; i < group.size(); ++i)
            group.spawn_on(i, fills, std::ref(group[(i + 1) % group.size()]), std::ref(full));
        await_count(full, 3);
        const auto start = steady::now();
        group.stop();
        for (std::size_t i = 0; i < group.size(); ++i)
            while (group.load(i) > 0) std::this_thread::yield();
        return steady::now() - start;
    });

    CHECK(took <= 1s * slower);
}
