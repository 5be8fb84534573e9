#include "runtime/scheduler.hpp"

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <future>
#include <memory>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "aio/completion_source.hpp"
#include "aio/op/file.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/socket.hpp"
#include "runtime/concurrent_event.hpp"
#include "runtime/event.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/dies_with.hpp"
#include "tests/whole_batches.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

const auto stopped = make_error_code(io::error::stopped);

io::task<int> number(int value) {
    (void)co_await io::nop{};
    co_return value;
}

io::task<int> thrower() {
    (void)co_await io::nop{};
    throw std::runtime_error("thrown");
}

/// How often the eventfds of this process were written to; a scheduler never reads its own.
std::uint64_t eventfd_writes() {
    std::uint64_t all = 0;
    DIR* const files = ::opendir("/proc/self/fdinfo");
    while (const dirent* file = ::readdir(files)) {
        std::ifstream lines(std::string("/proc/self/fdinfo/") + file->d_name);
        for (std::string word; lines >> word;) {
            if (word != "eventfd-count:") continue;
            lines >> word;
            all += std::stoull(word, nullptr, 16);
        }
    }
    ::closedir(files);
    return all;
}

/// A thread with a scheduler that sleeps until its answer is finished.
class sleeper {
  public:
    sleeper() : thread_([this] { work(); }) { started_.get_future().wait(); }
    ~sleeper() { thread_.join(); }

    void finish() { (*handle_).finish(1); }

    /// Returns: whether it woke.
    bool wakes() { return woken_.get_future().wait_for(10s) == std::future_status::ready; }

  private:
    void work() {
        auto body = [this]() -> io::task<> {
            io::completion_source<int> answer;
            handle_ = std::make_unique<io::completion_handle<int>>(answer.handle());
            (void)co_await io::sleep_for(1ms);  // Whoever waits for the start is asleep by now.
            started_.set_value();
            (void)co_await answer;
            woken_.set_value();
        };
        io::run(body());
    }

    std::unique_ptr<io::completion_handle<int>> handle_;
    std::promise<void> started_;
    std::promise<void> woken_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("run returns the task's value, rethrows its exception, and can be called again") {
    io::scheduler loop;

    CHECK(loop.run(number(5)) == 5);
    CHECK_THROWS_WITH((void)loop.run(thrower()), "thrown");
    CHECK(loop.run(number(6)) == 6);
    CHECK(io::run(number(7)) == 7);
}

TEST_CASE("run returns what can only be moved") {
    auto body = []() -> io::task<std::unique_ptr<int>> {
        co_await io::yield();
        co_return std::make_unique<int>(5);
    };

    CHECK(*io::run(body()) == 5);
}

TEST_CASE("run ends when its task ends, and the task's scopes have joined then") {
    bool child_ended = false;
    auto child = [&]() -> io::task<> {
        (void)co_await io::sleep_for(1ms);
        child_ended = true;
    };
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(child);
        co_await scope.join();
    };

    io::run(body());

    CHECK(child_ended);
}

TEST_CASE("another scheduler may run on the same thread, inside a task of the first") {
    auto inner = []() -> io::task<int> {
        (void)co_await io::sleep_for(1ms);
        co_return 5;
    };
    auto body = [&]() -> io::task<int> {
        const int before = co_await number(1);
        const int inside = io::run(inner());
        io::task_scope scope;
        scope.spawn(number(0));
        co_await scope.join();
        co_return before + inside + co_await number(2);
    };

    CHECK(io::run(body()) == 8);
}

TEST_CASE("a scheduler that runs inside a task of its own is a mistake") {
    const bool caught = dies_with("run again from inside", [] {
        io::scheduler loop;
        auto body = [&]() -> io::task<> {
            (void)loop.run(number(1));
            co_return;
        };
        loop.run(body());
    });

    CHECK(caught);
}

TEST_CASE("stop ends what runs with stopped, and what runs later from its start") {
    io::scheduler loop;
    auto body = []() -> io::task<std::error_code> {
        co_return (co_await io::sleep_for(1h)).error();
    };
    std::thread elsewhere([&] { loop.stop(); });

    const auto first = loop.run(body());
    elsewhere.join();
    const auto later = loop.run(body());

    CHECK(first == stopped);
    CHECK(later == stopped);
}

TEST_CASE("stop from inside a task reaches the whole tree of it") {
    io::scheduler loop;
    int ended = 0;
    auto leaf = [&]() -> io::task<> { ended += (co_await io::sleep_for(1h)).error() == stopped; };
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        for (int count = 0; count < 3; ++count) scope.spawn(leaf);
        co_await io::yield();
        loop.stop();
        co_await scope.join();
    };

    loop.run(body());

    CHECK(ended == 3);
}

TEST_CASE(
    "a scheduler sleeps on its ring and is woken by a thread without one through an eventfd") {
    sleeper other;
    const auto before = eventfd_writes();

    other.finish();

    CHECK(other.wakes());
    CHECK(eventfd_writes() <= before + 1);
}

TEST_CASE("a scheduler is woken by another through a message from ring to ring") {
    sleeper other;
    const auto before = eventfd_writes();
    auto body = [&]() -> io::task<bool> {
        other.finish();
        (void)co_await io::nop{};
        co_return eventfd_writes() == before;
    };

    const bool by_message = io::run(body());

    CHECK(other.wakes());
    CHECK(by_message);
}

TEST_CASE("a wake that a task sends as its last act is not left behind when run returns") {
    sleeper other;
    io::scheduler loop;
    auto body = [&]() -> io::task<> {
        other.finish();
        co_return;
    };

    loop.run(body());

    CHECK(other.wakes());
}

TEST_CASE("a wake that a task sends before it runs another scheduler is not held back by that") {
    sleeper other;
    bool woken = false;
    auto inner = [&]() -> io::task<> {
        woken = other.wakes();
        co_return;
    };
    auto body = [&]() -> io::task<> {
        other.finish();
        io::run(inner());
        co_return;
    };

    io::run(body());

    CHECK(woken);
}

TEST_CASE("threads may make and end schedulers at once, also where another's was a moment ago") {
    auto come_and_go = [] {
        for (int i = 0; i < 40; ++i) CHECK(io::run(number(i)) == i);
    };

    std::thread other(come_and_go);
    come_and_go();
    other.join();
}

TEST_CASE("a dump names what is waited for, and on which descriptor") {
    io::scheduler loop;
    const auto pair = make_socket_pair();
    std::ostringstream written;
    std::array<char, 1> buffer{};
    auto waits = [&]() -> io::task<> {
        (void)co_await io::receive{.socket = pair.first, .buffer = buffer};
    };
    auto body = [&]() -> io::task<> {
        io::task_scope scope;
        scope.spawn(waits);
        (void)co_await io::nop{};
        loop.dump(written);
        scope.cancel();
        co_await scope.join();
    };

    loop.run(body());

    CHECK(written.str().find("receive") != std::string::npos);
    CHECK(written.str().find(std::to_string(pair.first.number())) != std::string::npos);
}

TEST_CASE("a scheduler that spins hears of other threads and of the kernel without sleeping") {
    const whole_batches whole;
    io::scheduler loop({.spin = 1h});
    io::concurrent_event from_thread;
    std::array<int, 2> pipe;
    REQUIRE(::pipe(pipe.data()) == 0);
    std::uint64_t for_post = 0;
    std::uint64_t for_read = 0;
    std::byte got{};
    auto body = [&]() -> io::task<> {
        (void)co_await io::nop{};
        const std::uint64_t before = loop.kernel()->system_calls();
        (void)co_await from_thread.wait();
        const std::uint64_t between = loop.kernel()->system_calls();
        (void)co_await io::read{.file = pipe[0], .buffer = io::buffer_view(&got, 1)};
        for_post = between - before;
        for_read = loop.kernel()->system_calls() - between;
    };
    std::thread other([&] {
        std::this_thread::sleep_for(10ms);  // By now a loop that does not spin sleeps.
        from_thread.set();
        std::this_thread::sleep_for(10ms);
        (void)::write(pipe[1], "x", 1);
    });

    loop.run(body());
    other.join();

    CHECK(for_post == 0);
    CHECK(for_read <= 2);  // One submits it, one fetches the answer.
    CHECK(got == std::byte{'x'});
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST_CASE("a scheduler that spins sees by itself when a timer is due") {
    const whole_batches whole;
    io::scheduler loop({.spin = 1h});
    std::uint64_t calls = 0;
    auto body = [&]() -> io::task<> {
        (void)co_await io::nop{};
        const std::uint64_t before = loop.kernel()->system_calls();
        (void)co_await io::sleep_for(5ms);
        calls = loop.kernel()->system_calls() - before;
    };

    loop.run(body());

    CHECK(calls <= 1);  // Without a wait: whoever finds the timer due looks at the kernel first.
}

TEST_CASE("a scheduler that has spun long enough sleeps") {
    io::scheduler loop({.spin = 1us});
    std::uint64_t calls = 0;
    auto body = [&]() -> io::task<> {
        (void)co_await io::nop{};
        const std::uint64_t before = loop.kernel()->system_calls();
        (void)co_await io::sleep_for(20ms);
        calls = loop.kernel()->system_calls() - before;
    };

    loop.run(body());

    CHECK(calls >= 1);
}

TEST_CASE("stop reaches the children of a scope that was made before the scheduler ran") {
    io::scheduler loop;
    io::task_scope before;
    std::error_code why;
    auto child = [&]() -> io::task<> { why = (co_await io::sleep_for(1h)).error(); };
    auto body = [&]() -> io::task<> {
        before.spawn(child());
        co_await io::yield();
        loop.stop();
        co_await before.join();
    };

    loop.run(body());

    CHECK(why == stopped);
}
