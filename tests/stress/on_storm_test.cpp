#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/completion_source.hpp"
#include "aio/op/nop.hpp"
#include "runtime/error.hpp"
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
    std::atomic<std::uint64_t> has_thrown{0};
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
    // One in eight goes on to another place first, which may be where it came from.
    if (kind > 1024 && kind / 4 % 8 == 0) {
        const std::size_t there = (here + 1 + kind % (places - 1)) % places;
        const auto further = co_await io::on(*all.loops[there], works(all, there, kind / 32));
        if (std::this_thread::get_id() != all.threads[here]) ++all.misplaced;
        if (!further) co_return further.error();
    }
    if (kind / 32 % 16 == 0) throw std::runtime_error("from afar");
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

/// Whether what was thrown there is what one expects here.
bool expected(const std::runtime_error& thrown) {
    return std::string_view(thrown.what()) == "from afar";
}

io::task<> visits(world& all, std::size_t there, unsigned kind) {
    try {
        std::ignore = co_await io::on(*all.loops[there], works(all, there, kind));
    } catch (const std::runtime_error& thrown) {
        if (!expected(thrown)) ++all.misplaced;
    }
}

/// Goes elsewhere and comes back, and is perhaps called back.
io::task<> walks_once(world& all, std::size_t there, std::mt19937_64& random) {
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
}

/// Again and again.
io::task<> walks(world& all, std::size_t home, std::uint64_t times, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::uint64_t i = 0; i < times; ++i) {
        const std::size_t there = (home + 1 + random() % (places - 1)) % places;
        try {
            co_await walks_once(all, there, random);
        } catch (const std::runtime_error& thrown) {
            if (expected(thrown)) ++all.has_thrown;
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
    CHECK(all.came_home + all.was_late + all.was_cancelled + all.was_destroyed + all.has_thrown ==
          each * places * walkers);
    check_outcomes("on storm", {{"home", all.came_home},
                                {"thrown", all.has_thrown},
                                {"late", all.was_late},
                                {"cancelled", all.was_cancelled},
                                {"destroyed", all.was_destroyed}});
}

namespace {

struct endings {
    std::uint64_t value = 0, stopped = 0, closed = 0, timed_out = 0, other = 0;
};

io::task<io::result<int>> stays_a_while(unsigned kind) {
    if (kind % 2) co_await io::yield();
    if (kind % 4 > 1) {
        const auto slept = co_await io::sleep_for(1h);
        if (!slept) co_return slept.error();
    }
    co_return 1;
}

io::task<> visits_what_ends(io::scheduler& there, unsigned kind, endings& all) {
    // Some are asked to end while the scheduler turns them away.
    const io::duration limit = kind / 4 % 4 == 0 ? io::duration(20us) : io::duration(1h);
    const auto got = co_await io::within(limit, io::on(there, stays_a_while(kind)));
    if (got)
        ++all.value;
    else if (got.error() == io::error::timed_out)
        ++all.timed_out;
    else if (got.error() == io::error::stopped)
        ++all.stopped;
    else if (got.error() == io::error::closed)
        ++all.closed;
    else
        ++all.other;
}

/// Sends visits to a scheduler, which is told to end after some of them.
io::task<> sends_visits(io::scheduler& there, io::completion_handle<int> end,
                        const std::atomic<bool>& ended, std::atomic<bool>& all_sent,
                        std::uint64_t seed, endings& all) {
    std::mt19937_64 random(seed);
    // Once one has come back, that scheduler waits for its end and for visits.
    auto nothing = []() -> io::task<> { co_return; };
    std::ignore = co_await io::on(there, nothing());
    io::task_scope scope;
    const auto before = random() % 16;
    for (std::uint64_t i = 0; i < 16; ++i) {
        if (i == before) {
            co_await io::yield();  // Those before have gone by now.
            end.finish(1);
            // The others meet it while it ends, or after it has run.
            const bool after = random() % 2;
            while (after && !ended) (void)co_await io::sleep_for(20us);
        }
        scope.spawn(visits_what_ends, std::ref(there), static_cast<unsigned>(random()),
                    std::ref(all));
    }
    co_await io::yield();
    all_sent = true;
    all_sent.notify_one();
    co_await scope.join();
}

}  // namespace

TEST_CASE("a scheduler that ends in a storm of visits answers each of them") {
    auto random = seeded("end in a storm");
    const auto all_rounds = rounds(5'000);
    io::scheduler home;
    endings all;
    for (std::uint64_t round = 0; round < all_rounds; ++round) {
        std::promise<std::pair<io::scheduler*, io::completion_handle<int>>> made;
        std::atomic<bool> ended{false}, all_sent{false};
        std::thread other([&] {
            io::scheduler there;
            auto body = [&]() -> io::task<> {
                io::completion_source<int> end;
                made.set_value({&there, end.handle()});
                std::ignore = co_await end;
            };
            there.run(body());
            ended = true;
            // It lives until all have come.
            all_sent.wait(false);
        });
        auto [there, end] = made.get_future().get();
        home.run(sends_visits(*there, std::move(end), ended, all_sent, random(), all));
        other.join();
    }

    CHECK(all.other == 0);
    CHECK(all.value + all.stopped + all.closed + all.timed_out == 16 * all_rounds);
    check_outcomes("end in a storm", {{"value", all.value},
                                      {"stopped", all.stopped},
                                      {"closed", all.closed},
                                      {"timed out", all.timed_out}});
}
