#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <ostream>
#include <stop_token>
#include <thread>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/with_stop.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

/// Requests a stop of each source it is given, at once, on a thread of its own.
class stopper {
  public:
    stopper() : thread_([this] { loop(); }) {}
    ~stopper() {
        std::stop_source last;
        ending_ = true;
        begin(last);
        thread_.join();
    }

    void begin(std::stop_source& source) {
        source_.store(&source);
        source_.notify_one();
    }
    /// Returns: once the request was made.
    void await() {
        for (auto* left = source_.load(); left; left = source_.load()) source_.wait(left);
    }

  private:
    void loop() {
        for (;;) {
            source_.wait(nullptr);
            source_.load()->request_stop();
            source_.store(nullptr);
            source_.notify_one();
            if (ending_) return;
        }
    }

    std::atomic<std::stop_source*> source_{nullptr};
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

struct tally {
    std::uint64_t received = 0;
    std::uint64_t canceled = 0;
    std::uint64_t destroyed = 0;
    std::uint64_t wrong = 0;
};

enum class ending : std::uint64_t { stop_alone, byte_before, byte_after, destroyed };

io::task<> receive_one(const two_ends& ends, std::stop_token token, tally& outcomes) {
    std::array<char, 4> buffer;
    const auto got =
        co_await io::with_stop(token, io::receive{.socket = ends.first, .buffer = buffer});
    if (got)
        ++outcomes.received;
    else if (got.error() == make_error_code(io::error::canceled))
        ++outcomes.canceled;
    else
        ++outcomes.wrong;
}

void feed(const two_ends& ends) {
    if (::write(ends.second.number(), "x", 1) != 1) std::abort();
}

io::task<> race(const two_ends& ends, stopper& elsewhere, tally& outcomes, std::uint64_t chance) {
    const auto how = static_cast<ending>(chance % 4);
    const auto resumed = outcomes.received + outcomes.canceled + outcomes.wrong;
    std::stop_source source;
    {
        io::task_scope scope;
        scope.spawn(receive_one, std::ref(ends), source.get_token(), std::ref(outcomes));
        (void)co_await io::nop{};
        if (how == ending::byte_before) feed(ends);
        elsewhere.begin(source);
        if (how == ending::byte_after) feed(ends);
        for (auto pauses = chance / 4 % 4; pauses > 0; --pauses) (void)co_await io::nop{};
        if (how != ending::destroyed) co_await scope.join();
    }
    elsewhere.await();
    const auto now_resumed = outcomes.received + outcomes.canceled + outcomes.wrong;
    outcomes.destroyed += now_resumed == resumed;
    outcomes.wrong += how != ending::destroyed && now_resumed != resumed + 1;
    // A byte that a cancelled receive left.
    char left[4];
    (void)::recv(ends.first.number(), left, sizeof left, MSG_DONTWAIT);
}

}  // namespace

TEST_CASE("a stop from another thread races completion and destruction: one end each") {
    constexpr const char* name = "with_stop against completion";
    auto random = seeded(name);
    const auto ends = make_socket_pair();
    stopper elsewhere;
    tally outcomes;
    const auto all = rounds(20'000);
    auto body = [&]() -> io::task<> {
        for (auto left = all; left > 0; --left) co_await race(ends, elsewhere, outcomes, random());
    };

    io::run(body());

    CHECK(outcomes.wrong == 0);
    CHECK(outcomes.received + outcomes.canceled + outcomes.destroyed == all);
    check_outcomes(name, {{"received", outcomes.received},
                          {"canceled", outcomes.canceled},
                          {"destroyed", outcomes.destroyed}});
}
