#include "runtime/condition_variable.hpp"

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

/// A box that holds one number at a time.
struct box {
    io::mutex lock;
    io::condition_variable changed;
    std::vector<int> content;

    io::task<> put(int number) {
        auto held = co_await lock.lock();
        std::ignore = co_await changed.wait(lock, *held, [this] { return content.empty(); });
        content.push_back(number);
        changed.notify_all();
    }
    io::task<int> take() {
        auto held = co_await lock.lock();
        std::ignore = co_await changed.wait(lock, *held, [this] { return !content.empty(); });
        const int number = content.back();
        content.pop_back();
        changed.notify_all();
        co_return number;
    }
};

}  // namespace

TEST_CASE("what waits for a condition goes on when it holds, with the mutex locked") {
    manual_home at;
    box one;
    running first(at, one.take());
    running second(at, one.take());
    at.run_until_idle();
    CHECK(!first.done());
    CHECK(!one.lock.locked());

    running a(at, one.put(1));
    running b(at, one.put(2));
    at.run_until_idle();

    CHECK(first.take() + second.take() == 3);
    CHECK(!one.lock.locked());
}

TEST_CASE("notify_one lets the oldest wait go on, and a destroyed one passes it on") {
    manual_home at;
    io::mutex lock;
    io::condition_variable changed;
    std::string order;
    auto waits = [&](char name) -> io::task<> {
        auto held = co_await lock.lock();
        if (co_await changed.wait(lock, *held)) order += name;
    };
    running one(at, waits('1'));
    auto two = std::make_unique<running<>>(at, waits('2'));
    running three(at, waits('3'));
    at.run_until_idle();

    changed.notify_one();
    at.run_until_idle();
    CHECK(order == "1");
    changed.notify_one();
    two.reset();
    at.run_until_idle();
    CHECK(order == "13");
}

TEST_CASE("a wait that is cancelled or late has the mutex again before it ends") {
    manual_home at;
    io::mutex lock;
    io::condition_variable changed;
    std::vector<std::error_code> ends;
    auto waits = [&](io::duration limit) -> io::task<> {
        auto held = co_await lock.lock();
        const auto news = co_await io::within(limit, changed.wait(lock, *held));
        ends.push_back(news.error());
        CHECK(*held);
        CHECK(lock.locked());
    };
    running late(at, waits(5ms));
    running cancelled(at, waits(1s));
    at.run_until_idle();
    auto other = lock.try_lock();
    REQUIRE(other);

    cancelled.cancel();
    at.advance(5ms);
    at.run_until_idle();
    CHECK(ends.empty());
    other->release();
    at.run_until_idle();

    REQUIRE(ends.size() == 2);
    CHECK(ends[0] == io::error::canceled);
    CHECK(ends[1] == io::error::timed_out);
    CHECK(!lock.locked());
}

TEST_CASE("waiting without the mutex is a mistake with a name") {
    auto body = [](io::mutex& lock, io::condition_variable& changed) -> io::task<> {
        io::mutex::hold none;
        std::ignore = co_await changed.wait(lock, none);
    };
    CHECK(dies_with("waited for without the mutex", [&] {
        manual_home at;
        io::mutex lock;
        io::condition_variable changed;
        running wrong(at, body(lock, changed));
        at.run_until_idle();
    }));
}
