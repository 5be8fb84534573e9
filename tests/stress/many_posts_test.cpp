#include <dirent.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

/// What the posts of all threads do at home.
struct arrivals {
    arrivals(io::scheduler& home, std::uint64_t posts) : loop(home), expected(posts) {}

    io::scheduler& loop;
    std::uint64_t expected;
    std::uint64_t count = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t turns = 0;  ///< Those in which something arrived.
    std::uint64_t last_turn = 0;
    io::event complete;

    void note() {
        if (loop.turns() != last_turn) ++turns;
        last_turn = loop.turns();
        if (++count == expected) complete.set();
    }
};

/// One that posts, and what home knows of it.
struct sender {
    std::uint64_t sent = 0;
    std::uint64_t last_arrived = 0;  // Home's.
    std::atomic<std::uint64_t> arrived{0};
};

class letter final : public io::runnable {
  public:
    arrivals* all = nullptr;
    sender* from = nullptr;
    std::uint64_t number = 0;

    void run() noexcept override {}
    void arrive() noexcept override {
        if (number != from->last_arrived + 1) ++all->out_of_order;
        from->last_arrived = number;
        all->note();
        from->arrived.store(number, std::memory_order_release);
    }
};

constexpr std::uint64_t letters = 256;

/// Posts in bursts, and now and then waits until all has arrived: then home has nothing to do.
void post_many(arrivals& all, std::uint64_t times, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    sender self;
    const auto mine = std::make_unique<letter[]>(letters);
    const auto wait_for = [&](std::uint64_t number) {
        while (self.arrived.load(std::memory_order_acquire) < number) std::this_thread::yield();
    };
    while (self.sent < times) {
        const std::uint64_t burst = std::min(times - self.sent, 1 + random() % letters);
        for (std::uint64_t i = 0; i < burst; ++i) {
            letter& next = mine[self.sent % letters];
            if (self.sent >= letters) wait_for(self.sent - letters + 1);
            next.all = &all;
            next.from = &self;
            next.number = ++self.sent;
            all.loop.post(next);
        }
        if (random() % 2) wait_for(self.sent);
    }
    wait_for(self.sent);
}

/// How often the eventfd that wakes the only scheduler of this process was written to: it is never
/// read, so the kernel tells.
std::uint64_t writes_to_eventfd() {
    std::uint64_t sum = 0;
    DIR* const all = ::opendir("/proc/self/fdinfo");
    while (const dirent* each = ::readdir(all)) {
        std::ifstream info(std::string("/proc/self/fdinfo/") + each->d_name);
        for (std::string word; info >> word;) {
            if (word != "eventfd-count:") continue;
            info >> word;
            sum += std::stoull(word, nullptr, 16);
        }
    }
    ::closedir(all);
    return sum;
}

void check_posts(std::uint64_t threads) {
    auto seeds = seeded("many posts");
    const std::uint64_t each = rounds(10'000'000) / threads + 1;
    io::scheduler loop;
    arrivals all(loop, each * threads);
    const std::uint64_t before = writes_to_eventfd();
    std::vector<std::thread> posters;
    for (std::uint64_t i = 0; i < threads; ++i)
        posters.emplace_back([&all, each, seed = seeds()] { post_many(all, each, seed); });
    auto body = [&]() -> io::task<> { (void)co_await all.complete.wait(); };

    loop.run(body());
    for (auto& poster : posters) poster.join();

    const std::uint64_t wakes = writes_to_eventfd() - before;
    std::cout << threads << " threads: posts " << all.count << ", turns with posts " << all.turns
              << ", without " << loop.turns() - all.turns << ", wakes " << wakes << std::endl;
    CHECK(all.count == each * threads);
    CHECK(all.out_of_order == 0);
    // A wake is written once home has said that it sleeps, and each time for a post.
    CHECK(wakes > 0);
    CHECK(wakes <= all.turns);
    // Home never turns without a reason: a post, the wake for one that it had found already, or
    // its own beginning.
    CHECK(loop.turns() - all.turns <= wakes + 2);
}

}  // namespace

TEST_CASE("of ten million posts from four threads none is lost, and home is woken once a burst") {
    check_posts(4);
}

TEST_CASE("of ten million posts from sixteen threads none is lost, and home is woken as rarely") {
    check_posts(16);
}
