#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <random>
#include <thread>
#include <tuple>

#include <doctest/doctest.h>

#include "runtime/error.hpp"
#include "runtime/offload.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr int callers = 24;

/// One call: what it did, and what its caller was told.
struct call_notes {
    std::atomic<int> began{0};
    std::atomic<int> ended{0};
};

struct tally {
    std::uint64_t value = 0;      ///< It ran to its end, and its value came.
    std::uint64_t beat = 0;       ///< So it did, although it was cancelled or late by then.
    std::uint64_t late = 0;       ///< It never began, and timed out.
    std::uint64_t cancelled = 0;  ///< It never began, and was cancelled.
    std::uint64_t forgotten = 0;  ///< Destroyed before it began.
    std::uint64_t awaited = 0;    ///< Destroyed after it had, and waited for.
    std::uint64_t wrong = 0;
};

/// What is called: nothing to speak of, some work, or a wait.
int does(call_notes& notes, unsigned kind) {
    ++notes.began;
    if (kind % 4 == 1) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(kind % 32);
        while (std::chrono::steady_clock::now() < until) {
        }
    }
    if (kind % 4 == 2) std::this_thread::sleep_for(std::chrono::microseconds(kind % 64));
    ++notes.ended;
    return 7;
}

void count(const io::result<int>& told, bool was_asked, const call_notes& notes, tally& all) {
    if (told) {
        if (*told != 7 || notes.began != 1 || notes.ended != 1) ++all.wrong;
        ++(was_asked ? all.beat : all.value);
        return;
    }
    if (notes.began != 0) ++all.wrong;
    if (told.error() == io::error::timed_out)
        ++all.late;
    else if (told.error() == io::error::canceled)
        ++all.cancelled;
    else
        ++all.wrong;
}

io::task<> calls_in_a_scope(io::thread_pool& pool, call_notes& notes, unsigned kind) {
    std::ignore = co_await io::offload(pool, does, std::ref(notes), kind);
}

io::task<> calls_once(io::thread_pool& pool, std::mt19937_64& random, tally& all) {
    call_notes notes;
    const auto kind = static_cast<unsigned>(random() >> 8);
    switch (random() % 4) {
        case 0: {
            const auto told = co_await io::offload(pool, does, std::ref(notes), kind);
            count(told, false, notes, all);
            break;
        }
        case 1: {
            const std::chrono::microseconds limit(random() % 200);
            const auto start = std::chrono::steady_clock::now();
            const auto told =
                co_await io::within(limit, io::offload(pool, does, std::ref(notes), kind));
            count(told, std::chrono::steady_clock::now() - start > limit, notes, all);
            break;
        }
        case 2: {
            auto race =
                co_await io::when_any(io::offload(pool, does, std::ref(notes), kind), io::yield());
            count(race.get<0>(), race.index == 1, notes, all);
            break;
        }
        default: {
            {
                io::task_scope scope;
                scope.spawn(calls_in_a_scope, std::ref(pool), std::ref(notes), kind);
                const bool let_it_begin = random() % 2 == 0;
                while (let_it_begin && notes.began == 0) co_await io::yield();
            }
            if (notes.began != notes.ended) ++all.wrong;
            ++(notes.began == 0 ? all.forgotten : all.awaited);
            break;
        }
    }
}

io::task<> calls(io::thread_pool& pool, std::uint64_t times, std::uint64_t seed, tally& all) {
    std::mt19937_64 random(seed);
    for (std::uint64_t i = 0; i < times; ++i) co_await calls_once(pool, random, all);
}

}  // namespace

TEST_CASE("offload, in a storm: each call runs once and is heard of, or never begins") {
    auto seeds = seeded("offload storm");
    const auto each = rounds(500'000) / callers + 1;
    io::thread_pool pool({.most = 3});
    io::scheduler loop;
    tally all;
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        for (int i = 0; i < callers; ++i)
            scope.spawn(calls, std::ref(pool), each, seeds(), std::ref(all));
        co_await scope.join();
    };

    loop.run(body());

    CHECK(all.wrong == 0);
    CHECK(all.value + all.beat + all.late + all.cancelled + all.forgotten + all.awaited ==
          each * callers);
    CHECK(pool.threads() <= 3);
    check_outcomes("offload storm", {{"value", all.value},
                                     {"value after all", all.beat},
                                     {"late", all.late},
                                     {"cancelled", all.cancelled},
                                     {"forgotten", all.forgotten},
                                     {"awaited", all.awaited}});
}
