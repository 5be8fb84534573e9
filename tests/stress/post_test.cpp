#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "aio/completion_source.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

/// A signal that is waited for at one home and given from anywhere, before or after the wait
/// begins. Whoever comes second finishes the wait.
class baton final : public io::aio_awaitable<std::uint64_t> {
  public:
    void give(std::uint64_t count) {
        count_ = count;
        if (met_.fetch_add(1) == 1) finish({}, 1);
    }

  private:
    void start() noexcept override {
        if (!defer(nullptr, nullptr)) return;
        if (met_.fetch_add(1) == 1) finish({}, 1);
    }
    std::uint64_t value() noexcept override {
        met_ = 0;
        return count_;
    }

    std::atomic<int> met_{0};
    std::uint64_t count_ = 0;
};

/// Two threads that throw each other batons.
struct lane {
    baton there;
    baton back;
};

io::task<> serve(lane& one, std::uint64_t count, std::uint64_t& wrong) {
    for (std::uint64_t round = 1; round <= count; ++round) {
        one.there.give(round);
        const auto got = co_await one.back;
        wrong += !got || *got != round;
    }
}

io::task<> play_back(lane& one, std::uint64_t count, std::uint64_t& wrong) {
    for (std::uint64_t round = 1; round <= count; ++round) {
        const auto got = co_await one.there;
        wrong += !got || *got != round;
        one.back.give(round);
    }
}

template <class Player>
io::task<> all_lanes(std::vector<lane>& lanes, Player player, std::uint64_t count,
                     std::uint64_t& wrong) {
    io::task_scope scope;
    for (lane& each : lanes) scope.spawn(player, std::ref(each), count, std::ref(wrong));
    co_await scope.join();
}

/// Returns: how many batons came with the wrong number.
std::uint64_t exchange(std::size_t lanes, std::uint64_t rounds_of_each) {
    std::vector<lane> all(lanes);
    std::uint64_t wrong_here = 0, wrong_there = 0;
    io::scheduler here;  // Both outlive the posts to them.
    std::atomic<bool> over{false};
    std::thread other([&] {
        io::scheduler there;
        there.run(all_lanes(all, play_back, rounds_of_each, wrong_there));
        over.wait(false);
    });
    here.run(all_lanes(all, serve, rounds_of_each, wrong_here));
    over = true;
    over.notify_one();
    other.join();
    return wrong_here + wrong_there;
}

}  // namespace

TEST_CASE("no wake-up is lost between two schedulers that post to each other one at a time") {
    CHECK(exchange(1, rounds(500'000)) == 0);
}

TEST_CASE("no post is lost between two schedulers that post to each other in bursts") {
    constexpr std::size_t lanes = 64;

    CHECK(exchange(lanes, rounds(2'000'000) / lanes + 1) == 0);
}

TEST_CASE("no wake-up is lost on the way from a thread without a ring") {
    const auto all = rounds(100'000);
    io::scheduler loop;
    std::atomic<io::completion_handle<std::uint64_t>*> given{nullptr};
    std::thread finisher([&] {
        for (std::uint64_t round = 0; round < all; ++round) {
            given.wait(nullptr);
            auto handle = std::move(*given.load());
            given.store(nullptr);
            given.notify_one();
            handle.finish(round);
        }
    });
    std::uint64_t wrong = 0;
    auto body = [&]() -> io::task<> {
        for (std::uint64_t round = 0; round < all; ++round) {
            io::completion_source<std::uint64_t> source;
            auto handle = source.handle();
            given.store(&handle);
            given.notify_one();
            const auto got = co_await source;
            wrong += !got || *got != round;
            for (auto* left = given.load(); left; left = given.load()) given.wait(left);
        }
    };

    loop.run(body());
    finisher.join();

    CHECK(wrong == 0);
}

TEST_CASE("a home may end as soon as what was posted to it has arrived") {
    const auto all = rounds(20'000);
    std::atomic<io::completion_handle<int>*> given{nullptr};
    std::thread finisher([&] {
        for (std::uint64_t round = 0; round < all; ++round) {
            given.wait(nullptr);
            auto handle = std::move(*given.load());
            given.store(nullptr);
            given.notify_one();
            handle.finish(1);
        }
    });
    std::uint64_t wrong = 0;
    for (std::uint64_t round = 0; round < all; ++round) {
        const auto loop = std::make_unique<io::scheduler>();
        auto body = [&]() -> io::task<> {
            io::completion_source<int> source;
            auto handle = source.handle();
            given.store(&handle);
            given.notify_one();
            const auto got = co_await source;
            wrong += !got;
            for (auto* left = given.load(); left; left = given.load()) given.wait(left);
        };
        loop->run(body());
    }
    finisher.join();

    CHECK(wrong == 0);
}
