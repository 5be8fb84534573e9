#include "runtime/offload.hpp"

#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/dies_with.hpp"
#include "tests/stack_size.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

int add(int a, int b) { return a + b; }

/// A call that blocks until it is let go.
class gate {
  public:
    void open() { open_.set_value(); }
    int pass() {
        ++inside;
        opened_.wait();
        return 1;
    }
    std::atomic<int> inside{0};

  private:
    std::promise<void> open_;
    std::shared_future<void> opened_ = open_.get_future().share();
};

/// Waits without blocking the loop.
io::task<> until(const std::atomic<int>& count, int wanted) {
    while (count < wanted) (void)co_await io::sleep_for(100us);
}

}  // namespace

TEST_CASE("offload: a call runs on another thread, and its value, or what it throws, comes home") {
    auto body = []() -> io::task<> {
        const auto home = std::this_thread::get_id();
        const auto sum = co_await io::offload(add, 40, 2);
        CHECK(*sum == 42);
        const auto there = co_await io::offload([] { return std::this_thread::get_id(); });
        CHECK(*there != home);
        CHECK(std::this_thread::get_id() == home);
        const auto nothing = co_await io::offload([] {});
        CHECK(nothing);
        const auto own_error =
            co_await io::offload([]() -> io::result<int> { return io::error::limit_exceeded; });
        CHECK(own_error.error() == io::error::limit_exceeded);
        bool thrown = false;
        try {
            (void)co_await io::offload([]() -> int { throw std::runtime_error("blocked"); });
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        CHECK(thrown);
    };

    run_body(body);
}

TEST_CASE("offload: a call may say how far it came") {
    auto body = []() -> io::task<io::transfer> {
        const auto writes = [] { return io::transfer(make_error_code(io::error::closed), 3); };
        co_return co_await io::offload(writes);
    };

    const io::transfer told = io::run(body());

    CHECK(told.error() == io::error::closed);
    CHECK(told.count() == 3);
}

TEST_CASE("offload: arguments are moved along, also those that cannot be copied") {
    auto body = []() -> io::task<> {
        auto number = std::make_unique<int>(7);
        auto take = [](std::unique_ptr<int> given) { return *given; };
        const auto seven = co_await io::offload(take, std::move(number));
        CHECK(*seven == 7);
    };

    run_body(body);
}

TEST_CASE("offload: no more run at once than the pool may have threads, and all of them run") {
    io::thread_pool pool({.most = 3});
    std::atomic<int> now{0}, most{0}, all{0};
    auto busy = [&] {
        const int here = ++now;
        for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);) {
        }
        std::this_thread::sleep_for(1ms);
        --now;
        ++all;
    };
    auto body = [&]() -> io::task<> {
        io::task_scope calls;
        auto one = [&]() -> io::task<> { (void)co_await io::offload(pool, busy); };
        for (int i = 0; i < 30; ++i) calls.spawn(one);
        co_await calls.join();
    };

    run_body(body);

    CHECK(all == 30);
    CHECK(most <= 3);
    CHECK(pool.threads() <= 3);
}

TEST_CASE("offload: threads without work end, and are made again") {
    io::thread_pool pool({.most = 4, .idle = 1ms});
    auto body = [&]() -> io::task<> {
        for (int round = 0; round < 3; ++round) {
            const auto sum = co_await io::offload(pool, add, 1, round);
            CHECK(*sum == 1 + round);
            for (int tries = 0; tries < 2000 && pool.threads() > 0; ++tries)
                (void)co_await io::sleep_for(1ms);
            CHECK(pool.threads() == 0);
        }
    };

    run_body(body);
}

TEST_CASE("offload: a cancel forgets a call that waits, and waits for one that runs") {
    io::thread_pool pool({.most = 1});
    gate door;
    bool called = false;
    auto body = [&]() -> io::task<> {
        auto running = [&]() -> io::task<> {
            // It is cancelled once it runs.
            const auto race = co_await io::when_any(io::offload(pool, [&] { return door.pass(); }),
                                                    until(door.inside, 1));
            CHECK(race.index == 1);
            CHECK(*race.get<0>() == 1);
        };
        auto waiting = [&]() -> io::task<> {
            co_await until(door.inside, 1);
            const auto late = co_await io::within(1ms, io::offload(pool, [&] { called = true; }));
            CHECK(late.error() == io::error::timed_out);
            (void)co_await io::sleep_for(5ms);
            door.open();
        };
        co_await io::when_all(running(), waiting());
    };

    run_body(body);

    CHECK(!called);
}

TEST_CASE("offload: a destroyed task forgets what waits, and waits for what runs") {
    io::thread_pool pool({.most = 1});
    gate door;
    std::atomic<bool> ended{false};
    std::atomic<bool> called{false};
    auto body = [&]() -> io::task<> {
        std::thread opener;
        {
            io::task_scope calls;
            auto runs = [&]() -> io::task<> {
                (void)co_await io::offload(pool, [&] {
                    door.pass();
                    ended = true;
                });
            };
            auto waits = [&]() -> io::task<> {
                (void)co_await io::offload(pool, [&] { called = true; });
            };
            calls.spawn(runs);
            co_await until(door.inside, 1);
            calls.spawn(waits);
            (void)co_await io::sleep_for(1ms);
            opener = std::thread([&] {
                std::this_thread::sleep_for(5ms);
                door.open();
            });
        }
        CHECK(ended);
        opener.join();
    };

    run_body(body);

    CHECK(!called);
}

TEST_CASE("offload: a scheduler that stops tells what waits, and waits for what runs") {
    io::thread_pool pool({.most = 1});
    gate door;
    std::vector<std::error_code> ends;
    io::scheduler loop;
    auto body = [&]() -> io::task<> {
        auto call = [&]() -> io::task<> {
            const auto how = co_await io::offload(pool, [&] { return door.pass(); });
            ends.push_back(how.error());
        };
        auto stops = [&]() -> io::task<> {
            co_await until(door.inside, 1);
            loop.stop();
            (void)co_await io::sleep_for(1h);
            door.open();
        };
        co_await io::when_all(call(), call(), stops());
    };

    loop.run(body());

    REQUIRE(ends.size() == 2);
    CHECK(ends[0] == io::error::stopped);
    CHECK(ends[1] == std::error_code());
}

TEST_CASE("offload: without a thread the call fails, and nothing is left behind") {
    io::thread_pool pool({.most = 1});
    auto body = [&]() -> io::task<> {
        const stack_size impossible(stack_size::impossible);
        const auto refused = co_await io::offload(pool, add, 1, 2);
        CHECK(refused.error() == std::errc::resource_unavailable_try_again);
        CHECK(pool.threads() == 0);
        const stack_size usual(std::size_t{1} << 20);
        const auto sum = co_await io::offload(pool, add, 1, 2);
        CHECK(*sum == 3);
    };

    run_body(body);
}

TEST_CASE("offload: without one more thread the call waits for those that are there") {
    io::thread_pool pool({.most = 2});
    gate door;
    auto body = [&]() -> io::task<> {
        auto first = [&]() -> io::task<> {
            const auto one = co_await io::offload(pool, [&] { return door.pass(); });
            CHECK(*one == 1);
        };
        auto second = [&]() -> io::task<> {
            co_await until(door.inside, 1);
            const stack_size impossible(stack_size::impossible);
            auto opens = [&]() -> io::task<> {
                co_await io::yield();
                CHECK(pool.threads() == 1);
                door.open();
            };
            auto calls = [&]() -> io::task<int> {
                co_return *co_await io::offload(pool, add, 1, 2);
            };
            const auto both = co_await io::when_all(calls(), opens());
            CHECK(std::get<0>(both) == 3);
        };
        co_await io::when_all(first(), second());
    };

    run_body(body);

    CHECK(pool.threads() == 1);
}

TEST_CASE("offload: a signal for the program does not interrupt a call") {
    auto body = []() -> io::task<> {
        const auto blocked = co_await io::offload([] {
            sigset_t mask;
            ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
            return ::sigismember(&mask, SIGTERM) == 1 && ::sigismember(&mask, SIGCHLD) == 1;
        });
        CHECK(*blocked);
    };

    run_body(body);
}

TEST_CASE("offload: what is done wrong with a pool is named") {
    CHECK(dies_with("thread_pool: of no threads", [] { io::thread_pool none({.most = 0}); }));
}
