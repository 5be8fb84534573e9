#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <memory>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "aio/op/file.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/socket.hpp"
#include "runtime/ring.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/start_on.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Returns: what a scheduler of its own gets done.
io::task<int> some_work() {
    const auto ends = make_pipe();
    int done = 0;
    for (int i = 0; i < 10; ++i) {
        put(ends.second, "x");
        char byte = 0;
        const auto got = co_await io::read{.file = ends.first, .buffer = std::span(&byte, 1)};
        if (got && *got == 1 && byte == 'x') ++done;
        (void)co_await io::sleep_for(100us);
    }
    co_return done;
}

io::task<int> until_done(std::future<int>& one) {
    while (one.wait_for(0s) != std::future_status::ready) (void)co_await io::sleep_for(100us);
    co_return one.get();
}

int exit_status_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Signals every millisecond while it lives.
class storm {
  public:
    storm() {
        struct sigaction heard{};
        heard.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &heard, &before_);
        const itimerval each{{0, 1000}, {0, 1000}};
        ::setitimer(ITIMER_REAL, &each, nullptr);
    }
    ~storm() {
        const itimerval none{};
        ::setitimer(ITIMER_REAL, &none, nullptr);
        ::sigaction(SIGALRM, &before_, nullptr);
    }

  private:
    struct sigaction before_{};
};

}  // namespace

TEST_CASE("a child of a process with a scheduler runs its own, and the parent's goes on") {
    const auto silent = make_socket_pair();
    auto body = [&]() -> io::task<> {
        char byte[1];
        io::task_scope pending;
        pending.spawn([&]() -> io::task<> {
            (void)co_await io::receive{.socket = silent.first, .buffer = byte};
        });
        (void)co_await io::sleep_for(1ms);

        const pid_t child = ::fork();
        if (child == 0) ::_exit(io::run(some_work()));
        CHECK(exit_status_of(child) == 10);

        const int done = co_await some_work();
        CHECK(done == 10);
        pending.cancel();
        const auto joined = co_await io::within(5s, pending.join());
        CHECK(joined);
    };

    {
        io::scheduler other;
        other.run(body());
        // What still waits when the scheduler ends is drained, child or not.
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        CHECK(exit_status_of(child) == 0);
    }
}

TEST_CASE("a child may destroy the scheduler that it inherited, and begin its own") {
    auto other = std::make_unique<io::scheduler>();
    CHECK(other->run(some_work()) == 10);

    const pid_t child = ::fork();
    if (child == 0) {
        other.reset();
        ::_exit(io::run(some_work()));
    }

    CHECK(exit_status_of(child) == 10);
    CHECK(other->run(some_work()) == 10);
}

TEST_CASE("a child that uses its parent's scheduler is told so") {
    io::scheduler other;
    CHECK(dies_with("in a child of the process that made it", [&] { other.run(some_work()); }));
    CHECK(other.run(some_work()) == 10);
}

TEST_CASE("a child that outlives its parent's scheduler does not hold its connections") {
    auto ends = make_socket_pair();
    const auto hold = make_pipe();
    pid_t child = -1;
    auto body = [&]() -> io::task<> {
        char byte[1];
        io::task_scope pending;
        pending.spawn([&]() -> io::task<> {
            (void)co_await io::receive{.socket = ends.first, .buffer = byte};
        });
        (void)co_await io::sleep_for(1ms);
        child = ::fork();
        if (child == 0) {
            // It has its own names for all that was open; only the ring must not wait for it.
            char end;
            ::close(hold.second.number());
            (void)!::read(hold.first.number(), &end, 1);
            ::_exit(0);
        }
        pending.cancel();
        co_await pending.join();
    };

    run_body(body);
    put(hold.second, "x");

    CHECK(exit_status_of(child) == 0);
}

TEST_CASE("signals every millisecond harm nothing") {
    const storm all_the_time;
    auto body = []() -> io::task<> {
        const auto begin = std::chrono::steady_clock::now();
        const auto ends = make_socket_pair();
        io::buffer_pool pool({.buffers = 4, .size = 64});
        int exchanged = 0;
        while (std::chrono::steady_clock::now() - begin < 200ms) {
            put(ends.second, "question");
            const auto got =
                co_await io::within(5s, io::receive_pooled{.socket = ends.first, .pool = pool});
            if (got && got->size() == 8) ++exchanged;
            const auto slept = co_await io::sleep_for(2ms);
            CHECK(slept);
            char byte[1];
            const auto late =
                co_await io::within(2ms, io::receive{.socket = ends.first, .buffer = byte});
            CHECK(late.error() == io::error::timed_out);
        }
        CHECK(exchanged > 10);
    };

    run_body(body);
}

TEST_CASE("a child destroys a scheduler that had posts which have not arrived") {
    auto loop = std::make_unique<io::scheduler>();
    std::future<int> done = io::start_on(*loop, some_work());

    const pid_t child = ::fork();
    if (child == 0) {
        loop.reset();
        ::_exit(7);
    }

    CHECK(exit_status_of(child) == 7);
    CHECK(loop->run(until_done(done)) == 10);
}
