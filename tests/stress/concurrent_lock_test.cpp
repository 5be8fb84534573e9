#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <ostream>
#include <random>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/concurrent_auto_event.hpp"
#include "runtime/concurrent_event.hpp"
#include "runtime/concurrent_latch.hpp"
#include "runtime/concurrent_mutex.hpp"
#include "runtime/concurrent_semaphore.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr std::array<std::size_t, 2> crowds{4, 16};  // Threads.
constexpr int walkers = 4;                           // On each of them.

using tally = std::atomic<std::uint64_t>;

/// What became of the waits.
struct outcomes {
    tally got{0}, late{0}, cancelled{0}, destroyed{0}, wrong{0};

    void count(std::error_code how) {
        if (!how)
            ++got;
        else if (how == io::error::timed_out)
            ++late;
        else if (how == io::error::canceled)
            ++cancelled;
        else
            ++wrong;
    }
};

/// Runs the same body a few times on each of so many schedulers.
template <class Body>
void run_everywhere(std::size_t threads, std::mt19937_64& seeds, Body& body) {
    std::vector<std::thread> all(threads);
    for (auto& each : all) {
        each = std::thread([&body, seed = seeds()] {
            auto crowd = [&body](std::uint64_t own) -> io::task<> {
                io::task_scope scope;
                for (int i = 0; i < walkers; ++i) scope.spawn(body(own + std::uint64_t(i)));
                co_await scope.join();
            };
            io::run(crowd(seed));
        });
    }
    for (auto& each : all) each.join();
}

std::chrono::microseconds soon(std::mt19937_64& random) {
    return std::chrono::microseconds(random() % 16);
}

/// Calls `inside` while it has what it waited for, unless it is destroyed before.
template <class Description, class Inside>
io::task<> takes_or_dies(Description what, Inside& inside, bool& done) {
    auto held = co_await what;
    done = true;
    if (held) inside();
}

/// One attempt to get something, which may end in many ways.
template <class Describe, class Inside>
io::task<> tries(Describe describe, Inside inside, outcomes& ends, std::mt19937_64& random) {
    switch (random() % 6) {
        case 0: {
            const auto held = co_await io::within(soon(random), describe());
            if (held) inside();
            ends.count(held.error());
            break;
        }
        case 1: {
            const auto race = co_await io::when_any(describe(), io::yield());
            const auto& held = std::get<0>(race.results);
            if (held) inside();
            ends.count(held.error());
            break;
        }
        case 2: {
            bool done = false;
            {
                io::task_scope scope;
                scope.spawn(takes_or_dies(describe(), inside, done));
                co_await io::yield();
            }
            ++(done ? ends.got : ends.destroyed);
            break;
        }
        default: {
            const auto held = co_await describe();
            if (held) inside();
            ends.count(held.error());
            // Kept across an await, most of the time for longer than others wait.
            if (random() % 2) std::ignore = co_await io::sleep_for(soon(random));
            break;
        }
    }
}

void check_ends(const char* name, const outcomes& ends) {
    CHECK(ends.wrong == 0);
    check_outcomes(name, {{"got", ends.got},
                          {"late", ends.late},
                          {"cancelled", ends.cancelled},
                          {"destroyed", ends.destroyed}});
}

}  // namespace

TEST_CASE("a mutex of many homes lets one in at a time, whatever becomes of the waits") {
    constexpr const char* name = "concurrent_mutex";
    auto seeds = seeded(name);
    for (const std::size_t threads : crowds) {
        CAPTURE(threads);
        const std::uint64_t each = rounds(500'000) / (threads * walkers) + 1;
        io::concurrent_mutex lock;
        std::uint64_t guarded = 0;  // By the mutex alone.
        outcomes ends;
        auto body = [&](std::uint64_t seed) -> io::task<> {
            std::mt19937_64 random(seed);
            auto describe = [&lock] { return lock.lock(); };
            auto inside = [&guarded] { ++guarded; };
            for (std::uint64_t i = 0; i < each; ++i) co_await tries(describe, inside, ends, random);
        };

        run_everywhere(threads, seeds, body);

        CHECK(!lock.locked());
        CHECK(guarded == ends.got);
        check_ends(name, ends);
    }
}

TEST_CASE("a semaphore of many homes gives out no more than it has, and loses nothing") {
    constexpr const char* name = "concurrent_semaphore";
    constexpr std::size_t most = 3;
    auto seeds = seeded(name);
    for (const std::size_t threads : crowds) {
        CAPTURE(threads);
        const std::uint64_t each = rounds(500'000) / (threads * walkers) + 1;
        io::concurrent_semaphore units(most);
        std::atomic<std::size_t> inside{0};
        tally too_many{0};
        outcomes ends;
        auto body = [&](std::uint64_t seed) -> io::task<> {
            std::mt19937_64 random(seed);
            for (std::uint64_t i = 0; i < each; ++i) {
                const std::size_t wanted = 1 + random() % most;
                auto describe = [&units, wanted] { return units.acquire(wanted); };
                auto use = [&, wanted] {
                    if (inside.fetch_add(wanted) + wanted > most) ++too_many;
                    inside.fetch_sub(wanted);
                };
                co_await tries(describe, use, ends, random);
            }
        };

        run_everywhere(threads, seeds, body);

        CHECK(too_many == 0);
        CHECK(units.available() == most);
        check_ends(name, ends);
    }
}

TEST_CASE("no signal of an auto_event is lost between two homes, whatever becomes of the waits") {
    constexpr const char* name = "concurrent_auto_event";
    auto seeds = seeded(name);
    const std::uint64_t each = rounds(300'000);
    io::concurrent_auto_event there, back;
    outcomes ends;
    // A signal that a wait took and gave back is found by the next one.
    auto hears = [&ends](io::concurrent_auto_event& from, std::mt19937_64& random) -> io::task<> {
        bool heard = false;
        while (!heard) {
            auto describe = [&from] { return from.wait(); };
            auto inside = [&heard] { heard = true; };
            co_await tries(describe, inside, ends, random);
        }
    };
    auto serves = [&](std::uint64_t seed) -> io::task<> {
        std::mt19937_64 random(seed);
        for (std::uint64_t i = 0; i < each; ++i) {
            there.set();
            co_await hears(back, random);
        }
    };
    auto returns = [&](std::uint64_t seed) -> io::task<> {
        std::mt19937_64 random(seed);
        for (std::uint64_t i = 0; i < each; ++i) {
            co_await hears(there, random);
            back.set();
        }
    };
    std::thread other([&, seed = seeds()] { io::run(returns(seed)); });

    io::run(serves(seeds()));
    other.join();

    CHECK(ends.got == 2 * each);
    check_ends(name, ends);
}

TEST_CASE("an event and a latch let go all who wait in many homes, round by round") {
    constexpr const char* name = "concurrent_event and concurrent_latch";
    auto seeds = seeded(name);
    constexpr std::size_t threads = crowds[0];
    struct meeting {
        io::concurrent_event go;
        io::concurrent_latch done{threads * walkers};
        std::atomic<int> came{0}, passed{0};
    };
    std::deque<meeting> all(rounds(20'000));
    outcomes ends;
    std::atomic<std::uint64_t> early{0};
    auto body = [&](std::uint64_t seed) -> io::task<> {
        std::mt19937_64 random(seed);
        for (meeting& now : all) {
            const bool last = now.came.fetch_add(1) + 1 == threads * walkers;
            if (last || random() % 64 == 0) now.go.set();
            bool heard = false;
            while (!heard) {
                auto describe = [&now] { return now.go.wait(); };
                auto inside = [&heard] { heard = true; };
                co_await tries(describe, inside, ends, random);
            }
            ++now.passed;
            const auto open = co_await now.done.arrive_and_wait();
            if (!open) ++ends.wrong;
            if (now.passed != threads * walkers) ++early;
        }
    };

    run_everywhere(threads, seeds, body);

    CHECK(early == 0);
    CHECK(ends.got == all.size() * threads * walkers);
    check_ends(name, ends);
}
