#include <signal.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

#include "aio/signal_set.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/worker_group.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/every_wait/room.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;

namespace {

constexpr int of_each_kind = 100;

io::worker_options workers(std::size_t count) {
    io::worker_options options;
    options.workers = count;
    return options;
}

void check_all_stopped(const waiting_room& room) {
    for (const auto& each : room.tallies()) {
        CAPTURE(each.kind);
        CAPTURE(each.other);
        CHECK(each.stopped == each.ended);
    }
    CHECK(room.started() > 30 * of_each_kind);
    CHECK(room.stopped() == room.started());
}

/// Fills a room and calls `then`, which sees to a stop; until all have ended.
template <class Then>
void run_full_room(io::scheduler& loop, Then then) {
    io::worker_group elsewhere(workers(1));
    auto body = [&]() -> io::task<> {
        waiting_room room(elsewhere[0]);
        io::task_scope scope;
        room.fill(scope, of_each_kind);
        co_await room.until_full();
        then(scope);
        co_await scope.join();
        check_all_stopped(room);
        CHECK(scope.size() == 0);
    };

    loop.run(body());

    CHECK(elsewhere[0].guests() == 0);
}

}  // namespace

TEST_CASE("stop from outside ends thousands of tasks in every kind of wait with `stopped`") {
    const auto open = open_descriptors();
    {
        io::scheduler loop;
        std::atomic<bool> full{false};
        std::thread stopper([&] {
            full.wait(false);
            loop.stop();
        });

        run_full_room(loop, [&](io::task_scope&) {
            full = true;
            full.notify_one();
        });
        stopper.join();
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("stop from inside ends them all the same") {
    io::scheduler loop;

    run_full_room(loop, [&](io::task_scope&) { loop.stop(); });
}

TEST_CASE("stop because of a signal ends them all the same, and the wait for the signal") {
    io::signal_set signals{SIGTERM};
    io::scheduler loop;
    std::error_code second;
    auto stops_by_signal = [&]() -> io::task<> {
        const auto which = co_await signals.next();
        CHECK(*which == SIGTERM);
        loop.stop();
        const auto again = co_await signals.next();
        second = again.error();
    };

    run_full_room(loop, [&](io::task_scope& scope) {
        scope.spawn(stops_by_signal());
        ::raise(SIGTERM);
    });

    CHECK(second == io::error::stopped);
}

TEST_CASE("a scope that is destroyed with every kind of wait in it leaves nothing behind") {
    const auto open = open_descriptors();
    {
        io::worker_group elsewhere(workers(1));
        auto body = [&]() -> io::task<> {
            waiting_room room(elsewhere[0]);
            {
                io::task_scope scope;
                room.fill(scope, of_each_kind);
                co_await room.until_full();
            }
            CHECK(room.stopped() + room.otherwise() == 0);
        };

        run_body(body);

        CHECK(elsewhere[0].guests() == 0);
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("a group with thousands of tasks in every kind of wait is stopped from outside") {
    const auto open = open_descriptors();
    std::atomic<int> full{0}, started{0}, stopped{0}, otherwise{0};
    auto waits = [&](io::scheduler& elsewhere) -> io::task<> {
        waiting_room room(elsewhere);
        io::task_scope scope;
        room.fill(scope, of_each_kind);
        co_await room.until_full();
        ++full;
        full.notify_one();
        co_await scope.join();
        started += room.started();
        stopped += room.stopped();
        otherwise += room.otherwise();
    };
    {
        io::worker_group group(workers(3));
        for (std::size_t i = 0; i < group.size(); ++i)
            group.spawn_on(i, waits, std::ref(group[(i + 1) % group.size()]));
        for (int seen = full; seen < 3; seen = full) full.wait(seen);

        group.stop();
    }
    CHECK(started > 3 * 30 * of_each_kind);
    CHECK(stopped == started);
    CHECK(otherwise == 0);
    CHECK(open_descriptors() == open);
}
