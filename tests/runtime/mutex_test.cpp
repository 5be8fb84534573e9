#include "runtime/mutex.hpp"

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_mutex.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

TEST_CASE_TEMPLATE("a mutex is held by one at a time, across its awaits, in the order of arrival",
                   Mutex, io::mutex, io::concurrent_mutex) {
    manual_home at;
    Mutex lock;
    std::vector<int> order;
    int inside = 0;
    auto body = [&](int number) -> io::task<> {
        const auto held = co_await lock.lock();
        CHECK(++inside == 1);
        order.push_back(number);
        for (int i = 0; i < 3; ++i) co_await io::yield();
        --inside;
    };
    running one(at, body(1));
    running two(at, body(2));
    running three(at, body(3));

    at.run_until_idle();

    CHECK(order == std::vector{1, 2, 3});
    CHECK(!lock.locked());
}

TEST_CASE_TEMPLATE("a greedy task gets a mutex again only after all who waited before", Mutex,
                   io::mutex, io::concurrent_mutex) {
    manual_home at;
    Mutex lock;
    std::string order;
    auto greedy = [&]() -> io::task<> {
        for (int i = 0; i < 100; ++i) {
            const auto held = co_await lock.lock();
            order += 'g';
            co_await io::yield();
        }
    };
    auto modest = [&]() -> io::task<> {
        for (int i = 0; i < 3; ++i) {
            const auto held = co_await lock.lock();
            order += 'm';
        }
    };
    running one(at, greedy());
    running two(at, modest());
    at.run_until_idle();

    CHECK(order.substr(0, 6) == "gmgmgm");
    CHECK(order.size() == 103);
}

TEST_CASE_TEMPLATE("try_lock takes what is free, and says so when it is not", Mutex, io::mutex,
                   io::concurrent_mutex) {
    manual_home at;
    Mutex lock;

    auto held = lock.try_lock();
    CHECK(held);
    CHECK(lock.locked());
    CHECK(!lock.try_lock());
    held.reset();

    CHECK(lock.try_lock());
    CHECK(!lock.locked());
}
