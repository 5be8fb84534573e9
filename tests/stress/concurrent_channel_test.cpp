#include "runtime/concurrent_channel.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <ostream>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"
#include "tests/stress/token.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using channel = io::concurrent_channel<token>;
using tally = std::atomic<std::uint64_t>;

/// A row of channels. Whoever finds one closed goes on with the next; nobody closes the last before
/// everything has been sent.
struct world {
    world(std::size_t room, std::uint64_t all)
        : rest_one_in(room == io::unbounded ? 2 : 6), arrived(all) {
        for (std::uint64_t i = 0; i < all / 64 + 2; ++i) row.emplace_back(room);
    }

    channel& at(std::size_t epoch) { return row[std::min(epoch, row.size() - 1)]; }

    void receive(const token& one) {
        arrived.note(one);
        received.fetch_add(1, std::memory_order_relaxed);
    }

    void count(std::error_code how) {
        if (how == io::error::closed)
            ++closed;
        else if (how == io::error::timed_out)
            ++late;
        else if (how == io::error::canceled)
            ++cancelled;
        else
            ++wrong;
    }

    /// Returns: a token that has not been sent; an empty one when there is none left.
    token next() {
        const auto number = numbered.fetch_add(1);
        return token(number < arrived.size() ? number : token::none);
    }

    void producer_ends() {
        if (producers.fetch_sub(1) != 1) return;
        for (auto& each : row) each.close();
    }

    const unsigned rest_one_in;  // Where no sender waits, only this lets receivers wait.
    std::deque<channel> row;
    roll arrived;
    std::atomic<std::uint64_t> numbered{0};
    std::atomic<int> producers{0};
    tally received{0}, late{0}, cancelled{0}, destroyed{0}, closed{0}, wrong{0};
};

/// Counts a wait that is destroyed while it lasts.
class witness {
  public:
    explicit witness(world& all) : all_(all) {}
    ~witness() {
        if (!done_) ++all_.destroyed;
    }
    witness(const witness&) = delete;
    witness& operator=(const witness&) = delete;

    void done() { done_ = true; }

  private:
    world& all_;
    bool done_ = false;
};

io::task<> sends_or_dies(world& all, channel& to, token& one) {
    witness alive(all);
    std::ignore = co_await to.send(one);
    alive.done();
}

io::task<> receives_or_dies(world& all, channel& from) {
    witness alive(all);
    const auto got = co_await from.receive();
    if (got) all.receive(*got);
    alive.done();
}

std::chrono::microseconds soon(std::mt19937_64& random) {
    return std::chrono::microseconds(random() % 16);
}

/// One attempt to send, which may end in many ways.
io::task<std::error_code> tries_to_send(world& all, channel& to, token& one,
                                        std::mt19937_64& random) {
    switch (random() % 6) {
        case 0: {
            const auto sent = co_await io::within(soon(random), to.send(one));
            co_return sent.error();
        }
        case 1: {
            const auto race = co_await io::when_any(to.send(one), io::yield());
            co_return std::get<0>(race.results).error();
        }
        case 2: {
            io::task_scope scope;
            scope.spawn(sends_or_dies, std::ref(all), std::ref(to), std::ref(one));
            co_await io::yield();
            if (random() % 2) std::ignore = co_await io::sleep_for(soon(random));
            co_return {};
        }
        case 3: {
            std::array<token, 3> some{std::move(one), all.next(), all.next()};
            std::size_t count = 1;
            while (count < some.size() && some[count]) ++count;
            auto rest = std::span(some).first(count);
            while (!rest.empty()) {
                const auto sent = co_await to.send_all(rest);
                rest = rest.subspan(sent.count());
                if (!sent) break;
            }
            // Those that could not be sent go on one by one, in whichever channel is next.
            for (std::size_t epoch = 0; rest.size() > 1;) {
                const auto sent = co_await all.at(epoch).send(rest.back());
                if (sent)
                    rest = rest.first(rest.size() - 1);
                else
                    ++epoch;
            }
            if (!rest.empty()) {
                one = std::move(rest.front());
                co_return io::error::closed;
            }
            co_return {};
        }
        default: {
            const auto sent = co_await to.send(one);
            co_return sent.error();
        }
    }
}

io::task<> produces(world& all, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::size_t epoch = 0;
    while (token one = all.next()) {
        while (one) {
            const std::error_code how = co_await tries_to_send(all, all.at(epoch), one, random);
            if (how) all.count(how);
            if (how == io::error::closed) ++epoch;
        }
        if (random() % 64 == 0 && epoch + 1 < all.row.size()) all.at(epoch).close();
        // Who receives is to find nothing there as well.
        for (int pauses = 0; pauses < 8 && all.at(epoch).size() > 0; ++pauses) co_await io::yield();
        if (random() % all.rest_one_in == 0) std::ignore = co_await io::sleep_for(soon(random));
    }
    all.producer_ends();
}

/// One attempt to receive, which may end in many ways.
io::task<std::error_code> tries_to_receive(world& all, channel& from, std::mt19937_64& random) {
    switch (random() % 6) {
        case 0: {
            const auto got = co_await io::within(soon(random), from.receive());
            if (got) all.receive(*got);
            co_return got.error();
        }
        case 1: {
            const auto race = co_await io::when_any(from.receive(), io::yield());
            const auto& got = std::get<0>(race.results);
            if (got) all.receive(*got);
            co_return got.error();
        }
        case 2: {
            io::task_scope scope;
            scope.spawn(receives_or_dies, std::ref(all), std::ref(from));
            co_await io::yield();
            if (random() % 2) std::ignore = co_await io::sleep_for(soon(random));
            co_return {};
        }
        case 3: {
            std::vector<token> some;
            some.reserve(3);
            const auto got = co_await from.receive_some(some);
            for (const token& each : some) all.receive(each);
            co_return got.error();
        }
        default: {
            const auto got = co_await from.receive();
            if (got) all.receive(*got);
            co_return got.error();
        }
    }
}

io::task<> consumes(world& all, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::size_t epoch = 0; epoch < all.row.size();) {
        const std::error_code how = co_await tries_to_receive(all, all.at(epoch), random);
        if (how) all.count(how);
        if (how == io::error::closed) ++epoch;
    }
}

io::task<> does_both(world& all, std::uint64_t one, std::uint64_t other) {
    std::ignore = co_await io::when_all(produces(all, one), consumes(all, other));
}

/// Without a scheduler.
void produce(world& all) {
    std::size_t epoch = 0;
    while (token one = all.next()) {
        while (!all.at(epoch).try_send(one)) {
            if (all.at(epoch).closed())
                ++epoch;
            else
                std::this_thread::yield();
        }
        for (int pauses = 0; pauses < 8 && all.at(epoch).size() > 0; ++pauses)
            std::this_thread::yield();
    }
    all.producer_ends();
}

void consume(world& all) {
    for (std::size_t epoch = 0; epoch < all.row.size();) {
        if (const auto got = all.at(epoch).try_receive())
            all.receive(*got);
        else if (all.at(epoch).closed())
            ++epoch;
        else
            std::this_thread::yield();
    }
}

void check_world(const char* name, world& all) {
    // Every receiver saw every channel closed and empty: nothing is left in any of them.
    for (auto& each : all.row) CHECK(each.size() == 0);
    CHECK(all.wrong == 0);
    CHECK(all.arrived.twice() == 0);
    CHECK(all.arrived.missing() == 0);
    check_outcomes(name, {{"received", all.received},
                          {"late", all.late},
                          {"cancelled", all.cancelled},
                          {"destroyed", all.destroyed},
                          {"closed", all.closed}});
}

constexpr std::array rooms{std::pair{"without room", std::size_t{0}},
                           std::pair{"with room for four", std::size_t{4}},
                           std::pair{"without bounds", io::unbounded}};

}  // namespace

TEST_CASE("on four schedulers every value is received once, whatever becomes of the waits") {
    for (const auto& [how, room] : rooms) {
        const std::string name = std::string("concurrent_channel, 4 threads, ") + how;
        auto seeds = seeded(name.c_str());
        world all(room, rounds(1'000'000));
        all.producers = 4;
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back(
                [&all, one = seeds(), other = seeds()] { io::run(does_both(all, one, other)); });
        }
        for (auto& each : threads) each.join();

        check_world(name.c_str(), all);
    }
}

TEST_CASE("on sixteen threads, half of them without a scheduler, every value is received once") {
    for (const auto& [how, room] : rooms) {
        const std::string name = std::string("concurrent_channel, 16 threads, ") + how;
        auto seeds = seeded(name.c_str());
        world all(room, rounds(1'000'000));
        all.producers = 8;
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&all, seed = seeds()] { io::run(produces(all, seed)); });
            threads.emplace_back([&all, seed = seeds()] { io::run(consumes(all, seed)); });
            threads.emplace_back([&all] { produce(all); });
            threads.emplace_back([&all] { consume(all); });
        }
        for (auto& each : threads) each.join();

        check_world(name.c_str(), all);
    }
}
