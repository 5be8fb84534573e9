#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <optional>
#include <ostream>
#include <stdexcept>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "aio/op/nop.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Between which addresses the stack was seen.
class stack_extent {
  public:
    [[gnu::noinline]] void look() {
        // The frame of this very call, however it is inlined into: what matters is its distance.
        const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        low_ = std::min(low_, here);
        high_ = std::max(high_, here);
    }
    std::size_t size() const { return high_ - low_; }

  private:
    std::uintptr_t low_ = UINTPTR_MAX;
    std::uintptr_t high_ = 0;
};

/// Far below what a stack that grew with the rounds would take, far above what the budget of
/// transfers takes with any compiler and sanitizer.
constexpr std::size_t stack_bound = 128 * 1024;

constexpr const char* unit = " bytes of stack\n";

class done_at_once final : public io::aio_awaitable<std::size_t> {
    void start() noexcept override { finish({}, 1); }
    std::size_t value() noexcept override { return count(); }
};

io::task<int> child(stack_extent& stack) {
    stack.look();
    co_return 1;
}

io::task<int> nested(stack_extent& stack, int depth) {
    if (depth == 0) {
        stack.look();
        co_return 0;
    }
    co_return 1 + co_await nested(stack, depth - 1);
}

constexpr int deep = 100'000;

io::task<int> deep_wait(io::event& end, int depth) {
    if (depth == 0) {
        (void)co_await end.wait();
        co_return 0;
    }
    co_return 1 + co_await deep_wait(end, depth - 1);
}

io::task<int> deep_throw(int depth) {
    if (depth == 0) throw std::runtime_error("from the deep");
    co_return 1 + co_await deep_throw(depth - 1);
}

}  // namespace

TEST_CASE("awaits of tasks that never suspend do not grow the stack") {
    stack_extent stack;
    std::uint64_t sum = 0;
    const auto all = rounds(10'000'000);
    auto body = [&]() -> io::task<> {
        for (auto left = all; left > 0; --left) sum += static_cast<unsigned>(co_await child(stack));
    };

    io::run(body());

    std::cout << "tasks: " << stack.size() << unit;
    CHECK(sum == all);
    CHECK(stack.size() < stack_bound);
}

TEST_CASE("awaits of operations that are over at once do not grow the stack") {
    stack_extent stack;
    std::uint64_t sum = 0;
    const auto all = rounds(10'000'000);
    auto body = [&]() -> io::task<> {
        done_at_once operation;
        for (auto left = all; left > 0; --left) {
            sum += *co_await operation;
            stack.look();
        }
    };

    io::run(body());

    std::cout << "operations: " << stack.size() << unit;
    CHECK(sum == all);
    CHECK(stack.size() < stack_bound);
}

TEST_CASE("composites of what is over at once do not grow the stack") {
    stack_extent stack;
    std::uint64_t sum = 0;
    const auto all = rounds(1'000'000);
    auto body = [&]() -> io::task<> {
        done_at_once one, other;
        for (auto left = all; left > 0; --left) {
            auto both = co_await io::when_all(one, io::within(1h, other));
            sum += *std::get<0>(both) + *std::get<1>(both);
            stack.look();
        }
    };

    io::run(body());

    std::cout << "composites: " << stack.size() << unit;
    CHECK(sum == 2 * all);
    CHECK(stack.size() < stack_bound);
}

TEST_CASE("a chain of a hundred thousand tasks needs no deep stack, down or up") {
    stack_extent stack;
    int depth = 0;
    auto body = [&]() -> io::task<> { depth = co_await nested(stack, deep); };

    io::run(body());

    CHECK(depth == deep);
}

TEST_CASE("a chain of a hundred thousand suspended tasks goes on, is cancelled, is destroyed") {
    io::event end;
    int went_on = 0, cancelled = 0;
    auto count_into = [&](int& depth) -> io::task<> { depth = co_await deep_wait(end, deep); };
    auto body = [&]() -> io::task<> {
        {
            io::task_scope destroyed;
            destroyed.spawn(deep_wait(end, deep));
            for (int turn = 0; turn < 100; ++turn) co_await io::yield();
        }
        io::task_scope scope;
        scope.spawn(count_into, std::ref(cancelled));
        for (int turn = 0; turn < 100; ++turn) (void)co_await io::nop{};
        scope.cancel();
        co_await scope.join();
        io::task_scope other;
        other.spawn(count_into, std::ref(went_on));
        for (int turn = 0; turn < 100; ++turn) (void)co_await io::nop{};
        end.set();
        co_await other.join();
    };

    io::run(body());

    CHECK(cancelled == deep);
    CHECK(went_on == deep);
}

TEST_CASE("an exception climbs a chain of a hundred thousand tasks") {
    CHECK_THROWS_WITH((void)io::run(deep_throw(deep)), "from the deep");
}
