#include "aio/signal_set.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ostream>
#include <system_error>
#include <tuple>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/timeout.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/whole_batches.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

bool is_blocked(int number) {
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return ::sigismember(&mask, number) == 1;
}

using handler = void (*)(int);

handler handler_of(int number) {
    struct sigaction action = {};
    ::sigaction(number, nullptr, &action);
    return action.sa_handler;
}

int delivered = 0;
void count_delivery(int) { ++delivered; }

/// Returns: how a child that does this ended, as waitpid(2) tells; it returns 0 from `body`.
template <class Body>
int ending_of(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit no_core{};
        ::setrlimit(RLIMIT_CORE, &no_core);
        body();
        ::_exit(0);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

io::task<io::result<int>> one_signal(int number, bool for_process) {
    io::signal_set signals{SIGINT, SIGTERM, SIGUSR1};
    for_process ? ::kill(::getpid(), number) : ::raise(number);
    co_return co_await signals.next();
}

}  // namespace

TEST_CASE("a signal is delivered as its number, whether to the process or to the thread") {
    CHECK(*lariat::run(one_signal(SIGUSR1, true)) == SIGUSR1);
    CHECK(*lariat::run(one_signal(SIGUSR1, false)) == SIGUSR1);
    CHECK(*lariat::run(one_signal(SIGTERM, true)) == SIGTERM);
    CHECK(*lariat::run(one_signal(SIGINT, false)) == SIGINT);
}

TEST_CASE("a signal wakes a wait that has begun") {
    auto body = []() -> io::task<int> {
        io::signal_set signals{SIGUSR1};
        auto other = []() -> io::task<> {
            std::ignore = co_await io::nop{};
            ::kill(::getpid(), SIGUSR1);
        };
        const auto both = co_await io::when_all(signals.next(), other());
        co_return *std::get<0>(both);
    };

    CHECK(run_body(body) == SIGUSR1);
}

TEST_CASE("a set blocks its signals while it lives, and puts back what it found") {
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
    {
        const io::signal_set signals{SIGUSR1, SIGUSR2};

        CHECK(is_blocked(SIGUSR1));
        CHECK(is_blocked(SIGUSR2));
    }

    CHECK_FALSE(is_blocked(SIGUSR1));
    CHECK(is_blocked(SIGUSR2));
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

TEST_CASE("after its delivery a request to end has its default action, until the next wait") {
    auto before = ::signal(SIGINT, count_delivery);
    auto body = []() -> io::task<> {
        io::signal_set signals{SIGINT, SIGTERM};
        ::raise(SIGINT);
        const auto first = co_await signals.next();
        CHECK(*first == SIGINT);
        CHECK_FALSE(is_blocked(SIGINT));
        CHECK((handler_of(SIGINT) == SIG_DFL));
        CHECK(is_blocked(SIGTERM));

        auto second = signals.next();
        auto raising = []() -> io::task<> {
            ::raise(SIGINT);
            co_return;
        };
        const auto both = co_await io::when_all(std::move(second), raising());
        CHECK(*std::get<0>(both) == SIGINT);
    };

    run_body(body);

    CHECK((handler_of(SIGINT) == count_delivery));
    CHECK_FALSE(is_blocked(SIGINT));
    CHECK(delivered == 0);
    ::signal(SIGINT, before);
}

TEST_CASE("a second Ctrl-C ends the process at once, by that signal") {
    const int status = ending_of([] {
        auto body = []() -> io::task<> {
            io::signal_set signals{SIGINT};
            ::raise(SIGINT);
            const auto first = co_await signals.next();
            if (*first == SIGINT) ::kill(::getpid(), SIGINT);
            std::ignore = co_await io::timeout{.span = 10s};
        };
        run_body(body);
    });

    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("a signal that does not ask to end may come twice") {
    auto body = []() -> io::task<> {
        io::signal_set signals{SIGHUP};
        ::raise(SIGHUP);
        const auto first = co_await signals.next();
        ::raise(SIGHUP);
        const auto second = co_await signals.next();
        CHECK(*first == SIGHUP);
        CHECK(*second == SIGHUP);
    };

    run_body(body);
}

TEST_CASE("a wait that lost its race takes no signal: the next one gets it") {
    const whole_batches always;
    auto body = []() -> io::task<> {
        io::signal_set signals{SIGINT};
        const auto ends = make_pipe();
        // Both are answered in one batch: the race is lost when the signal has ended the poll.
        auto both_at_once = [&]() -> io::task<> {
            std::ignore = co_await io::nop{};
            put(ends.second, "x");
            ::raise(SIGINT);
        };
        auto racing = [&]() -> io::task<> {
            auto race = co_await io::when_any(io::poll{.file = ends.first}, signals.next());
            CHECK(race.index == 0);
            CHECK(race.get<1>().error() == io::error::canceled);
        };

        co_await io::when_all(racing(), both_at_once());
        const auto late = co_await io::within(10s, signals.next());

        CHECK(*late == SIGINT);
    };

    run_body(body);
}

TEST_CASE("a wait for signals has deadlines, and a zero timeout tries once") {
    auto body = []() -> io::task<> {
        io::signal_set signals{SIGUSR1};
        const auto none = co_await io::within(1ms, signals.next());
        const auto at_once = co_await io::within(0s, signals.next());
        ::raise(SIGUSR1);
        const auto there = co_await io::within(0s, signals.next());
        CHECK(none.error() == io::error::timed_out);
        CHECK(at_once.error() == io::error::timed_out);
        CHECK(*there == SIGUSR1);
    };

    run_body(body);
}
