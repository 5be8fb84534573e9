#include "runtime/concurrent_wait_list.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_auto_event.hpp"
#include "runtime/concurrent_event.hpp"
#include "runtime/concurrent_latch.hpp"
#include "runtime/concurrent_mutex.hpp"
#include "runtime/concurrent_semaphore.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/yield.hpp"
#include "tests/faults/detached.hpp"
#include "tests/runtime/other_home.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

io::task<std::error_code> waits(io::concurrent_event& subject) {
    const auto came = co_await subject.wait();
    co_return came.error();
}

io::task<std::error_code> waits_for_one(io::concurrent_auto_event& subject) {
    const auto came = co_await subject.wait();
    co_return came.error();
}

/// Takes a unit, notes its name, keeps the unit.
io::task<std::error_code> takes(io::concurrent_semaphore& from, std::string& order, char name,
                                std::size_t units = 1) {
    auto held = co_await from.acquire(units);
    if (!held) co_return held.error();
    held->forget();
    order += name;
    co_return std::error_code();
}

}  // namespace

TEST_CASE("a wait that another thread releases goes on at home, when its turn comes there") {
    manual_home at;
    other_thread elsewhere;
    io::concurrent_event subject;
    running waiting(at, waits(subject));
    at.run_until_idle();

    elsewhere.run([&] { subject.set(); });
    CHECK(!waiting.done());
    at.run_until_idle();

    CHECK(waiting.take() == std::error_code());
}

TEST_CASE("waits of several homes are released in the order of arrival") {
    manual_home at;
    other_home there;
    io::concurrent_semaphore units(0);
    std::string order;
    running one(at, takes(units, order, '1'));
    at.run_until_idle();
    running_there two(there, takes(units, order, '2'));
    running three(at, takes(units, order, '3'));
    at.run_until_idle();

    for (const char* so_far : {"1", "12", "123"}) {
        units.release();
        at.run_until_idle();
        there.run_until_idle();
        CHECK(order == so_far);
    }
}

TEST_CASE("a cancel at home ends a wait, and whoever releases later finds the next one") {
    manual_home at;
    other_home there;
    io::concurrent_auto_event subject;
    running cancelled(at, waits_for_one(subject));
    at.run_until_idle();
    running_there next(there, waits_for_one(subject));

    cancelled.cancel();
    subject.set();
    at.run_until_idle();
    there.run_until_idle();

    CHECK(cancelled.take() == io::error::canceled);
    CHECK(next.take() == std::error_code());
}

TEST_CASE("of a release elsewhere and a later cancel at home the release wins") {
    manual_home at;
    other_thread elsewhere;
    io::concurrent_semaphore units(0);
    std::string order;
    running waiting(at, takes(units, order, 'w'));
    at.run_until_idle();

    elsewhere.run([&] { units.release(); });
    waiting.cancel();
    at.run_until_idle();

    CHECK(waiting.take() == std::error_code());
    CHECK(units.available() == 0);
}

TEST_CASE("a wait that is destroyed on its way home, or in its turn, gives on what it was given") {
    manual_home at;
    other_home there;
    for (const bool arrived : {false, true}) {
        io::concurrent_auto_event subject;
        io::concurrent_semaphore units(0);
        std::string order;
        auto event = std::make_unique<running<std::error_code>>(at, waits_for_one(subject));
        auto unit = std::make_unique<running<std::error_code>>(at, takes(units, order, 'd'));
        at.run_until_idle();
        running_there next_event(there, waits_for_one(subject));
        running_there next_unit(there, takes(units, order, 'n'));
        there.run([&](auto&) {
            subject.set();
            units.release();
        });
        if (arrived) at.deliver_posts();

        event.reset();
        unit.reset();
        there.run_until_idle();

        CHECK(next_event.done());
        CHECK(next_unit.done());
        CHECK(order == "n");
        CHECK(at.pending() == 0);
    }
}

TEST_CASE("a wait that is destroyed in the list leaves it, and those behind it may go") {
    manual_home at;
    other_home there;
    io::concurrent_semaphore units(1);
    std::string order;
    auto many = std::make_unique<running<std::error_code>>(at, takes(units, order, 'm', 2));
    at.run_until_idle();
    running_there one(there, takes(units, order, '1'));
    CHECK(!one.done());

    many.reset();
    there.run_until_idle();

    CHECK(one.done());
    CHECK(order == "1");
    CHECK(at.pending() == 0);
}

TEST_CASE("when one that waits for many is cancelled, those behind it go on in their homes") {
    manual_home at;
    other_home there;
    io::concurrent_semaphore units(1);
    std::string order;
    running_there many(there, takes(units, order, 'm', 2));
    running one(at, takes(units, order, '1'));
    at.run_until_idle();

    many.cancel();
    at.run_until_idle();
    there.run_until_idle();

    CHECK(many.take() == io::error::canceled);
    CHECK(order == "1");
}

TEST_CASE("a home that ends ends its waits, and leaves those of others") {
    manual_home at;
    io::concurrent_event subject;
    running waiting(at, waits(subject));
    at.run_until_idle();
    {
        other_home there;
        running_there given_up(there, waits(subject));
        there.run([](manual_home& home) { home.stop(); });
        there.run_until_idle();
        CHECK(given_up.take() == io::error::stopped);
    }

    subject.set();
    at.run_until_idle();

    CHECK(waiting.take() == std::error_code());
}

TEST_CASE("stop ends what the tasks of a scheduler wait for") {
    io::concurrent_event subject;
    io::scheduler loop;
    auto body = [&]() -> io::task<std::error_code> {
        loop.stop();
        co_return co_await waits(subject);
    };

    CHECK(loop.run(body()) == io::error::stopped);
}

TEST_CASE("the end of a scheduler reaches what no task waits for, and resumes nobody") {
    io::concurrent_event subject;
    bool resumed = false;
    auto lonely = [&]() -> detached {
        (void)co_await subject.wait();
        resumed = true;
    };
    std::optional<detached> waiting, on_its_way;
    {
        io::scheduler loop;
        auto body = [&]() -> io::task<> {
            waiting = lonely();
            co_return;
        };
        loop.run(body());
    }
    {
        io::scheduler loop;
        auto body = [&]() -> io::task<> {
            on_its_way = lonely();
            std::thread([&] { subject.set(); }).join();
            co_return;
        };
        loop.run(body());
    }

    CHECK(!resumed);
    waiting->frame.destroy();
    on_its_way->frame.destroy();
}

TEST_CASE("who was told that a latch is open may destroy it") {
    for (int round = 0; round < 200; ++round) {
        auto both = std::make_unique<io::concurrent_latch>(2);
        std::thread one([open = both.get()] { open->count_down(); });
        std::thread other([open = both.get()] { open->count_down(); });
        auto body = [&]() -> io::task<> {
            const auto open = co_await both->wait();
            CHECK(open);
            both.reset();
        };
        io::run(body());
        one.join();
        other.join();
    }
}

TEST_CASE("a greedy task on another home gets a mutex again only after who waited before") {
    manual_home at;
    other_home there;
    io::concurrent_mutex lock;
    std::string order;
    bool enough = false;
    auto greedy = [&]() -> io::task<> {
        while (!enough) {
            const auto held = co_await lock.lock();
            order += 'g';
            co_await io::yield();
        }
    };
    auto modest = [&]() -> io::task<> {
        const auto held = co_await lock.lock();
        order += 'm';
    };
    std::optional<running<>> hog;
    there.run([&](manual_home& home) {
        hog.emplace(home, greedy());
        for (int turn = 0; turn < 10; ++turn) home.run_turn();
    });
    for (int round = 0; round < 3; ++round) {
        running waiting(at, modest());
        at.run_turn();
        order.clear();

        there.run([&](manual_home& home) {
            for (int turn = 0; turn < 10; ++turn) home.run_turn();
        });
        // It may have been given its next hold before the other one asked.
        CHECK(order.size() <= 1);
        at.run_turn();
        CHECK(waiting.done());
    }
    there.run([&](manual_home& home) {
        enough = true;
        home.run_until_idle();
        hog.reset();
    });
}

TEST_CASE("a hold may be let go on another thread than it was got on") {
    manual_home at;
    other_thread elsewhere;
    io::concurrent_mutex lock;
    auto held = lock.try_lock();
    auto body = [&]() -> io::task<bool> {
        const auto mine = co_await lock.lock();
        co_return bool(mine);
    };
    running waiting(at, body());
    at.run_until_idle();
    CHECK(!waiting.done());

    elsewhere.run([&] { held.reset(); });
    at.run_until_idle();

    CHECK(waiting.take());
    CHECK(!lock.locked());
}
