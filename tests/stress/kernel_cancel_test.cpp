#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <ostream>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/socket.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/task_branch.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

constexpr std::size_t lanes = 64;

/// Counts down the lanes that have ended.
struct finish_line {
    std::size_t running = 0;
    io::event all_ended;
};

/// A task on a strand of its own, to be cancelled from outside.
class runner final : private io::listener {
  public:
    runner(io::task<> body, finish_line& end) : branch_(std::move(body)), end_(end) {
        ++end_.running;
        branch_.attach(&line_, *this);
        branch_.launch();
    }
    void cancel() { line_.cancel(make_error_code(io::error::canceled)); }

  private:
    std::coroutine_handle<> notify() noexcept override {
        if (--end_.running == 0) end_.all_ended.set();
        return std::noop_coroutine();
    }

    io::strand line_;
    io::task_branch<void> branch_;
    finish_line& end_;
};

/// One receive at a time, which someone feeds while someone cancels it.
struct lane {
    two_ends ends = make_socket_pair();
    std::optional<runner> pending;
    int resumed = 0;
    bool fed_elsewhere = false;
    std::error_code error;
    std::size_t got = 0;
};

io::task<> receive_one(lane& at) {
    std::array<char, 4> buffer;
    const auto got = co_await io::receive{.socket = at.ends.first, .buffer = buffer};
    ++at.resumed;
    at.error = got.error();
    at.got = got ? *got : 0;
}

void feed(lane& at) {
    const char byte = 'x';
    if (::write(at.ends.second.number(), &byte, 1) != 1) std::abort();
}

/// Returns: how many bytes were left in the socket.
std::size_t left_in(lane& at) {
    char buffer[4];
    const auto left = ::recv(at.ends.first.number(), buffer, sizeof buffer, MSG_DONTWAIT);
    return left < 0 ? 0 : static_cast<std::size_t>(left);
}

/// Feeds lanes from a thread of its own, one burst after the other.
class feeder {
  public:
    explicit feeder(std::vector<lane>& all) : lanes_(all), thread_([this] { loop(); }) {}
    ~feeder() {
        ending_ = true;
        begin_burst();
        thread_.join();
    }

    void begin_burst() {
        asked_.fetch_add(1);
        asked_.notify_one();
    }
    void await_burst() {
        for (auto done = done_.load(); done != asked_; done = done_.load()) done_.wait(done);
    }

  private:
    void loop() {
        for (unsigned burst = 0;; ++burst) {
            asked_.wait(burst);
            if (ending_) return;
            for (lane& each : lanes_)
                if (each.fed_elsewhere) feed(each);
            done_.store(burst + 1);
            done_.notify_one();
        }
    }

    std::vector<lane>& lanes_;
    std::atomic<bool> ending_{false};
    std::atomic<unsigned> asked_{0};
    std::atomic<unsigned> done_{0};
    std::thread thread_;
};

struct tally {
    std::uint64_t received = 0;
    std::uint64_t canceled = 0;
    std::uint64_t wrong = 0;
};

void count(lane& each, tally& outcomes) {
    const std::size_t left = left_in(each);
    const bool received = !each.error && each.got == 1 && left == 0;
    const bool canceled = each.error == make_error_code(io::error::canceled) && left == 1;
    outcomes.received += received;
    outcomes.canceled += canceled;
    outcomes.wrong += each.resumed != 1 || !(received || canceled);
    each.resumed = 0;
}

/// When a lane is fed. Not in the coroutine: GCC 12 may crash over a type that one declares.
enum feeding : std::uint64_t { far, before_the_cancel, before_a_look_at_the_kernel, after };

/// All lanes receive; each is fed once, from elsewhere at any time or from here at a chosen one,
/// and each is cancelled.
io::task<> burst(std::vector<lane>& all, feeder& elsewhere, std::mt19937_64& random) {
    std::array<feeding, lanes> how;
    for (std::size_t number = 0; number < lanes; ++number) {
        how[number] = static_cast<feeding>(random() % 4);
        all[number].fed_elsewhere = how[number] == far;
    }
    finish_line end;
    for (lane& each : all) each.pending.emplace(receive_one(each), end);
    (void)co_await io::nop{};

    elsewhere.begin_burst();
    for (std::size_t number = 0; number < lanes; ++number)
        if (how[number] == before_a_look_at_the_kernel) feed(all[number]);
    if (random() % 2) (void)co_await io::nop{};
    for (std::size_t number = 0; number < lanes; ++number) {
        if (how[number] == before_the_cancel) feed(all[number]);
        all[number].pending->cancel();
        if (how[number] == after) feed(all[number]);
    }
    (void)co_await end.all_ended.wait();
    elsewhere.await_burst();
}

}  // namespace

TEST_CASE("a cancel that races a receive of the kernel loses no byte and rewrites no success") {
    constexpr const char* name = "cancel against completion, kernel";
    auto random = seeded(name);
    const std::uint64_t bursts = rounds(1'000'000) / lanes + 1;
    std::vector<lane> all(lanes);
    feeder elsewhere(all);
    tally outcomes;
    auto body = [&]() -> io::task<> {
        for (std::uint64_t round = 0; round < bursts; ++round) {
            co_await burst(all, elsewhere, random);
            for (lane& each : all) count(each, outcomes);
        }
    };

    io::run(body());

    CHECK(outcomes.wrong == 0);
    CHECK(outcomes.received + outcomes.canceled == bursts * lanes);
    check_outcomes(name, {{"received", outcomes.received}, {"canceled", outcomes.canceled}});
}
