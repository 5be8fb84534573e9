#include "runtime/on.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "runtime/event.hpp"
#include "runtime/mutex.hpp"
#include "runtime/scope.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/start_on.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/runtime/neighbour.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<io::result<std::thread::id>> where_am_i() {
    const auto done = co_await io::nop{};
    if (!done) co_return done.error();
    co_return std::this_thread::get_id();
}

io::task<io::result<void>> naps(io::duration span) { co_return co_await io::sleep_for(span); }

io::task<> throws() {
    co_await io::yield();
    throw std::runtime_error("from afar");
}

}  // namespace

TEST_CASE("on: a task runs on the other scheduler's thread, and its awaiter goes on at home") {
    neighbour other;
    auto body = [&]() -> io::task<> {
        const auto home = std::this_thread::get_id();
        for (int i = 0; i < 100; ++i) {
            const auto there = co_await io::on(other.loop(), where_am_i());
            CHECK(*there == other.id());
            CHECK(std::this_thread::get_id() == home);
        }
        CHECK(other.loop().guests() == 0);
    };

    run_body(body);
}

TEST_CASE("on: many at once, each with its own outcome") {
    neighbour other;
    auto body = [&]() -> io::task<> {
        std::vector<io::on_description<io::result<std::thread::id>>> all;
        auto one = [&]() -> io::task<io::result<std::thread::id>> {
            co_return co_await io::on(other.loop(), where_am_i());
        };
        std::vector<io::task<io::result<std::thread::id>>> visits;
        for (int i = 0; i < 64; ++i) visits.push_back(one());
        const auto ids = co_await io::when_all(std::move(visits));
        for (const auto& id : ids) CHECK(*id == other.id());
    };

    run_body(body);
}

TEST_CASE("on: an exception is thrown where the task was awaited") {
    neighbour other;
    std::string what;
    auto body = [&]() -> io::task<> {
        try {
            std::ignore = co_await io::on(other.loop(), throws());
        } catch (const std::runtime_error& thrown) {
            what = thrown.what();
        }
    };

    run_body(body);

    CHECK(what == "from afar");
}

TEST_CASE("on: a cancel reaches the task, a deadline does, and the wait ends after it has") {
    neighbour other;
    auto body = [&]() -> io::task<> {
        const auto late = co_await io::within(5ms, io::on(other.loop(), naps(1h)));
        CHECK(late.error() == io::error::timed_out);
        auto race = co_await io::when_any(io::on(other.loop(), naps(1h)), naps(1ms));
        CHECK(race.index == 1);
        CHECK(race.get<0>().error() == io::error::canceled);
        auto value_wins = [&]() -> io::task<io::result<int>> {
            (void)co_await io::sleep_for(1h);
            co_return 7;
        };
        const auto seven = co_await io::within(1ms, io::on(other.loop(), value_wins()));
        CHECK(*seven == 7);
    };

    run_body(body);
}

TEST_CASE("on: a transfer that nobody was sent for has moved nothing") {
    neighbour other;
    auto moves = []() -> io::task<io::transfer> { co_return 7; };
    auto goes = [&]() -> io::task<io::transfer> {
        const auto there = co_await io::on(other.loop(), moves());
        CHECK(*there == 7);
        (void)co_await io::sleep_for(1h);
        co_return co_await io::on(other.loop(), moves());
    };
    auto body = [&]() -> io::task<> {
        const io::transfer late = co_await io::within(5ms, goes());
        CHECK(late.error() == io::error::timed_out);
        CHECK(late.count() == 0);
    };

    run_body(body);
}

TEST_CASE("on: a cancelled strand sends nobody") {
    neighbour other;
    auto body = [&]() -> io::task<> {
        auto goes = [&]() -> io::task<std::error_code> {
            (void)co_await io::sleep_for(1h);
            bool ran = false;
            auto marks = [&]() -> io::task<> {
                ran = true;
                co_return;
            };
            const auto there = co_await io::on(other.loop(), marks());
            CHECK(!ran);
            co_return there.error();
        };
        auto race = co_await io::when_any(goes(), io::yield());
        CHECK(race.get<0>() == io::error::canceled);
    };

    run_body(body);
}

TEST_CASE("on: a task that is destroyed while its visit lasts ends the visit first") {
    neighbour other;
    std::atomic<bool> ended{false};
    auto stays = [&]() -> io::task<> {
        (void)co_await io::sleep_for(1h);
        ended = true;
    };
    auto body = [&]() -> io::task<> {
        {
            io::scheduler inner;
            auto visits = [&]() -> io::task<> {
                std::ignore = co_await io::on(other.loop(), stays());
            };
            auto run_a_while = [&]() -> io::task<> {
                io::task_scope scope;
                scope.spawn(visits());
                (void)co_await io::sleep_for(2ms);
                // Destroyed without being joined.
            };
            inner.run(run_a_while());
        }
        CHECK(ended);
        co_return;
    };

    run_body(body);
}

TEST_CASE("on: who waits for what a destroyed visit held goes on, where nothing else happens") {
    io::mutex lock;  // The other one's.
    neighbour other;
    std::atomic<bool> held_there{false};
    auto holds = [&]() -> io::task<> {
        const auto held = co_await lock.lock();
        held_there = true;
        held_there.notify_one();
        (void)co_await io::sleep_for(1h);
    };
    auto locks = [&]() -> io::task<> {
        const auto held = co_await lock.lock();
        CHECK(held);
    };
    std::optional<std::future<void>> locked;
    auto body = [&]() -> io::task<> {
        io::scheduler inner;
        auto visits = [&]() -> io::task<> { std::ignore = co_await io::on(other.loop(), holds()); };
        auto run_a_while = [&]() -> io::task<> {
            io::task_scope scope;
            scope.spawn(visits());
            std::ignore = co_await io::nop{};  // What was posted has left, and so has its wake.
            held_there.wait(false);
            locked = io::start_on(other.loop(), locks());
            // It waits by the time that the other one has answered.
            std::ignore = co_await io::on(other.loop(), []() -> io::task<> { co_return; }());
            // Destroyed without being joined.
        };
        inner.run(run_a_while());
        co_return;
    };

    run_body(body);

    CHECK(locked->wait_for(10s) == std::future_status::ready);
}

TEST_CASE("on: when the other scheduler ends, its guests come home with `stopped`") {
    auto other = std::make_unique<neighbour>();
    auto body = [&]() -> io::task<> {
        auto stubborn = [&]() -> io::task<io::result<int>> {
            // Stopped, it goes on with something that is not.
            (void)co_await io::sleep_for(1h);
            (void)co_await io::shield(io::sleep_for(1h));
            co_return 1;
        };
        auto ends = [&]() -> io::task<> {
            (void)co_await io::sleep_for(5ms);
            other->end();
        };
        auto both = co_await io::when_all(io::on(other->loop(), naps(1h)),
                                          io::on(other->loop(), stubborn()), ends());
        CHECK(std::get<0>(both).error() == io::error::stopped);
        CHECK(std::get<1>(both).error() == io::error::stopped);
    };

    run_body(body);
}

TEST_CASE("on: a scheduler that is ending answers `closed`; the task is destroyed at home") {
    neighbour other;
    auto ends = make_socket_pair();
    const auto home = std::this_thread::get_id();
    std::thread::id destroyed_at;
    std::error_code how;
    // Goes down with its frame, wherever that is.
    struct luggage {
        io::descriptor peer;
        std::thread::id& noted;
        luggage(io::descriptor owned, std::thread::id& where)
            : peer(std::move(owned)), noted(where) {}
        luggage(luggage&&) = default;
        ~luggage() {
            if (peer) noted = std::this_thread::get_id();
        }
    };
    auto never_runs = [](luggage) -> io::task<> { co_return; };
    auto ending = std::make_unique<io::scheduler>();
    auto visits = [&]() -> io::task<> {
        luggage owned(std::move(ends.first), destroyed_at);
        const auto visit = co_await io::on(*ending, never_runs(std::move(owned)));
        how = visit.error();
    };
    auto going = io::start_on(other.loop(), visits());
    // It is posted by the time that the other one has nothing else to do.
    auto nothing = []() -> io::task<> { co_return; };
    io::start_on(other.loop(), nothing()).get();

    ending.reset();
    going.get();

    CHECK(how == io::error::closed);
    CHECK(destroyed_at == other.id());
    CHECK(destroyed_at != home);
    CHECK(taken_from(ends.second).empty());
}

TEST_CASE("on: the scheduler that one is on is as good as another") {
    io::scheduler loop;
    auto visits = [&]() -> io::task<io::result<std::thread::id>> {
        co_return co_await io::on(loop, where_am_i());
    };

    CHECK(*loop.run(visits()) == std::this_thread::get_id());
}

TEST_CASE("start_on: a thread without a scheduler gets a future of a task's value or exception") {
    neighbour other;

    auto id = io::start_on(other.loop(), where_am_i());
    auto thrown = io::start_on(other.loop(), throws());
    auto nothing = io::start_on(other.loop(), []() -> io::task<> { co_return; }());

    CHECK(*id.get() == other.id());
    CHECK_THROWS_AS(thrown.get(), std::runtime_error);
    nothing.get();
}

TEST_CASE("start_on: a scheduler that ends or does not run any more answers all the same") {
    std::future<void> early, late;
    auto never = []() -> io::task<> {
        io::event nothing;
        (void)co_await io::shield(nothing.wait());
    };
    {
        io::scheduler loop;
        early = io::start_on(loop, never());
        loop.run([]() -> io::task<> { (void)co_await io::sleep_for(1ms); }());
        late = io::start_on(loop, never());
    }
    for (auto* future : {&early, &late}) {
        try {
            future->get();
            FAIL("it has ended");
        } catch (const std::system_error& why) {
            const bool early_one = future == &early;
            CHECK(why.code() == (early_one ? io::error::stopped : io::error::closed));
        }
    }
}
