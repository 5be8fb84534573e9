#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <random>
#include <thread>
#include <tuple>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "runtime/on.hpp"
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

constexpr std::size_t places = 3;
constexpr int walkers = 16;

struct world {
    std::array<io::scheduler*, places> loops{};
    std::array<std::thread::id, places> threads{};
    std::atomic<std::uint64_t> came_home{0}, was_cancelled{0}, was_late{0}, was_destroyed{0};
    std::atomic<std::uint64_t> misplaced{0}, began{0}, ended{0};
    std::atomic<std::size_t> finished{0};
};

/// Notes that the task it is in began, and that it ended, in whatever way.
class witness {
  public:
    explicit witness(world& all) : all_(all) { ++all_.began; }
    ~witness() { ++all_.ended; }
    witness(const witness&) = delete;
    witness& operator=(const witness&) = delete;

  private:
    world& all_;
};

io::task<io::result<int>> works(world& all, std::size_t here, unsigned kind) {
    const witness alive(all);
    if (std::this_thread::get_id() != all.threads[here]) ++all.misplaced;
    switch (kind % 4) {
        case 0:
            co_return 1;
        case 1:
            co_await io::yield();
            co_return 1;
        case 2: {
            const auto done = co_await io::nop{};
            if (!done) co_return done.error();
            co_return 1;
        }
        default: {
            const auto slept = co_await io::sleep_for(std::chrono::microseconds(kind % 64));
            if (!slept) co_return slept.error();
            co_return 1;
        }
    }
}

io::task<> visits(world& all, std::size_t there, unsigned kind) {
    std::ignore = co_await io::on(*all.loops[there], works(all, there, kind));
}

/// Goes elsewhere and comes back, again and again, and is called back in many ways.
io::task<> walks(world& all, std::size_t home, std::uint64_t times, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::uint64_t i = 0; i < times; ++i) {
        const std::size_t there = (home + 1 + random() % (places - 1)) % places;
        const auto kind = static_cast<unsigned>(random() >> 8);
        switch (random() % 4) {
            case 0: {
                const auto got = co_await io::on(*all.loops[there], works(all, there, kind));
                if (got) ++all.came_home;
                break;
            }
            case 1: {
                const auto limit = std::chrono::microseconds(random() % 100);
                const auto got =
                    co_await io::within(limit, io::on(*all.loops[there], works(all, there, kind)));
                if (got.error() == io::error::timed_out)
                    ++all.was_late;
                else
                    ++all.came_home;
                break;
            }
            case 2: {
                auto race = co_await io::when_any(
                    io::on(*all.loops[there], works(all, there, kind | 3U)), io::yield());
                if (race.get<0>())
                    ++all.came_home;
                else
                    ++all.was_cancelled;
                break;
            }
            default: {
                io::task_scope scope;
                scope.spawn(visits, std::ref(all), there, kind | 3U);
                if (random() % 2) co_await io::yield();
                // Destroyed while it lasts.
                ++all.was_destroyed;
                break;
            }
        }
        if (std::this_thread::get_id() != all.threads[home]) ++all.misplaced;
    }
}

io::task<> lives(world& all, std::size_t home, std::uint64_t times, std::uint64_t seed) {
    {
        io::task_scope scope;
        for (int i = 0; i < walkers; ++i)
            scope.spawn(walks, std::ref(all), home, times, seed + static_cast<std::uint64_t>(i));
        co_await scope.join();
    }
    ++all.finished;
    // The others may still come.
    while (all.finished < places) (void)co_await io::sleep_for(100us);
}

}  // namespace

TEST_CASE("on, in a storm: none is lost, none is resumed on the wrong thread") {
    auto seeds = seeded("on storm");
    const std::uint64_t each = rounds(1'000'000) / (places * walkers) + 1;
    world all;
    std::barrier ready(places);
    std::array<std::thread, places> threads;
    for (std::size_t place = 0; place < places; ++place) {
        threads[place] = std::thread([&, place, seed = seeds()] {
            io::scheduler loop;
            all.loops[place] = &loop;
            all.threads[place] = std::this_thread::get_id();
            ready.arrive_and_wait();
            loop.run(lives(all, place, each, seed));
            CHECK(loop.guests() == 0);
            ready.arrive_and_wait();
        });
    }
    for (auto& thread : threads) thread.join();

    CHECK(all.misplaced == 0);
    CHECK(all.began == all.ended);
    CHECK(all.came_home + all.was_late + all.was_cancelled + all.was_destroyed ==
          each * places * walkers);
    check_outcomes("on storm", {{"home", all.came_home},
                                {"late", all.was_late},
                                {"cancelled", all.was_cancelled},
                                {"destroyed", all.was_destroyed}});
}
