#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <ostream>
#include <thread>
#include <tuple>

#include <doctest/doctest.h>

#include "runtime/event.hpp"
#include "runtime/scope.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/start_on.hpp"
#include "runtime/worker_group.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::worker_options workers(std::size_t count) {
    io::worker_options options;
    options.workers = count;
    return options;
}

/// Goes on for a while, whoever asks it to end.
io::task<> takes_its_time() { (void)co_await io::shield(io::sleep_for(20ms)); }

io::task<> waits_for_stop() {
    io::event never;
    (void)co_await never.wait();
}

/// Asked to end, it starts one on every worker, after those have had time to end.
io::task<> spawns_at_its_end(io::worker_group& group, std::atomic<int>& started) {
    co_await waits_for_stop();
    (void)co_await io::shield(io::sleep_for(20ms));
    auto counts = [](std::atomic<int>& all) -> io::task<> {
        ++all;
        co_return;
    };
    for (std::size_t i = 0; i < group.size(); ++i) group.spawn_on(i, counts, std::ref(started));
}

}  // namespace

TEST_CASE("a group ended before a task that start_on had brought, and waited for ever") {
    std::future<void> guest;
    {
        io::worker_group group(workers(1));
        guest = io::start_on(group[0], takes_its_time());
    }

    CHECK(guest.wait_for(0s) == std::future_status::ready);
}

TEST_CASE("a drain did not hear that a task of start_on had ended") {
    io::worker_group group(workers(1));
    auto guest = io::start_on(group[0], takes_its_time());
    auto body = [&]() -> io::task<io::result<void>> { co_return co_await group.drain(10s); };
    const auto start = std::chrono::steady_clock::now();

    const auto drained = run_body(body);

    CHECK(drained);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    guest.get();
}

TEST_CASE("a task that was the last of its group sent another one to a worker that had ended") {
    std::atomic<int> started{0};
    {
        io::worker_group group(workers(3));
        group.spawn_on(2, spawns_at_its_end, std::ref(group), std::ref(started));
    }

    CHECK(started == 3);
}

TEST_CASE("a guest that was the last of a group sent a task to a worker that had ended") {
    std::atomic<int> started{0};
    {
        io::worker_group group(workers(3));
        std::ignore = io::start_on(group[2], spawns_at_its_end(group, started));
    }

    CHECK(started == 3);
}
