#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "aio/shared_aio.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

constexpr std::size_t cells = 64;

/// Who may end an operation: most are raced for, the others keep both outcomes in the picture on
/// a machine that runs only one thread at a time.
enum class enders : std::uint8_t { both, finisher_alone, aborter_alone };

enders enders_of(std::uint64_t generation, std::size_t cell) {
    const std::uint64_t mixed = (generation * cells + cell) * 0x9e3779b97f4a7c15U >> 60;
    if (mixed == 0) return enders::finisher_alone;
    if (mixed == 1) return enders::aborter_alone;
    return enders::both;
}

/// A provider of one operation after the other. Whoever takes it from `pending` finishes it.
class cell final : public io::aio_awaitable<std::uint64_t, io::shared_aio> {
  public:
    enum phase : std::uint8_t { idle, pending, taken_to_finish, taken_to_cancel };

    /// Which operation: its round and its generation are read at once, or an abort could be told
    /// of one round and meet the next.
    struct name {
        std::uint32_t round = 0;
        std::uint32_t generation = 0;
    };

    std::atomic<phase> at{idle};
    std::atomic<name> last{name{}};               ///< The operation that was started last.
    std::atomic<std::uint32_t> aborted_round{0};  ///< The last that the aborter asked to end.
    std::uint32_t next_round = 0;                 ///< The consumer's.
    std::uint64_t delivered = 0;

    std::atomic<io::home*> home_of_all{nullptr};

    bool take(phase for_what) {
        phase expected = pending;
        return at.compare_exchange_strong(expected, for_what);
    }

  private:
    void start() noexcept override {
        last = name{next_round, key().generation};
        home_of_all = key().at;
        if (!defer(&give_up, this)) return;
        at.store(pending);
    }
    std::uint64_t value() noexcept override { return delivered; }

    static void give_up(io::aio& operation, void* self, std::error_code reason) noexcept {
        if (static_cast<cell*>(self)->take(taken_to_cancel)) operation.finish(reason);
    }
};

struct tally {
    std::atomic<std::uint64_t> finished{0};
    std::atomic<std::uint64_t> canceled{0};
    std::atomic<std::uint64_t> wrong{0};
};

io::task<> consume(cell& one, std::uint32_t count, tally& outcomes) {
    for (std::uint32_t round = 1; round <= count; ++round) {
        one.next_round = round;
        const auto got = co_await one;
        const auto winner = one.at.exchange(cell::idle);
        if (winner == cell::taken_to_finish && got && *got == round)
            ++outcomes.finished;
        else if (winner == cell::taken_to_cancel &&
                 got.error() == make_error_code(io::error::canceled) &&
                 one.aborted_round.load() == round)
            ++outcomes.canceled;
        else
            ++outcomes.wrong;
    }
}

using table = std::array<cell, cells>;

void finish_all(table& all, const std::atomic<bool>& over) {
    while (!over) {
        for (std::size_t number = 0; number < cells; ++number) {
            cell& one = all[number];
            if (one.at != cell::pending) continue;
            if (enders_of(one.last.load().round, number) == enders::aborter_alone) continue;
            if (!one.take(cell::taken_to_finish)) continue;
            one.delivered = one.last.load().round;
            one.finish({}, 1);
        }
        std::this_thread::yield();
    }
}

void abort_all(table& all, const std::atomic<bool>& over) {
    while (!over) {
        for (std::size_t number = 0; number < cells; ++number) {
            cell& one = all[number];
            if (one.at != cell::pending) continue;
            const auto [round, generation] = one.last.load();
            const io::aio_key key{generation, one.home_of_all};
            if (enders_of(round, number) == enders::finisher_alone) continue;
            if (one.aborted_round.exchange(round) == round && round % 3 != 0) continue;
            one.abort(key, io::error::canceled);
        }
        std::this_thread::yield();
    }
}

}  // namespace

TEST_CASE("finish and abort from two other threads: one resumption each, and the winner's result") {
    constexpr const char* name = "cancel against completion, two threads";
    const auto each = static_cast<std::uint32_t>(rounds(1'000'000) / cells + 1);
    const auto all = std::make_unique<table>();
    tally outcomes;
    std::atomic<bool> over{false};
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        for (cell& one : *all) scope.spawn(consume, std::ref(one), each, std::ref(outcomes));
        co_await scope.join();
        over = true;
    };

    // The home outlives the threads that post to it.
    io::scheduler loop;
    std::thread finisher([&] { finish_all(*all, over); });
    std::thread aborter([&] { abort_all(*all, over); });
    loop.run(body());
    finisher.join();
    aborter.join();

    CHECK(outcomes.wrong == 0);
    CHECK(outcomes.finished + outcomes.canceled == std::uint64_t{each} * cells);
    check_outcomes(name, {{"finished", outcomes.finished}, {"canceled", outcomes.canceled}});
}
