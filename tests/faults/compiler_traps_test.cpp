#include <algorithm>
#include <chrono>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include "aio/awaitable.hpp"
#include "aio/completion_source.hpp"
#include "aio/op/file.hpp"
#include "aio/op/message.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/socket.hpp"
#include "runtime/result.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

// Descriptions are the aggregates that appear as temporaries inside a co_await expression: GCC 12
// destroys such a temporary twice, which is harmless exactly if its destructor does nothing.
static_assert(std::is_trivially_destructible_v<io::read>);
static_assert(std::is_trivially_destructible_v<io::open>);
static_assert(std::is_trivially_destructible_v<io::send_message>);
static_assert(std::is_trivially_destructible_v<io::connect>);
struct owning_description {
    std::string path;
    void prepare(io_uring_sqe&) const noexcept {}
    int value(io::completion_event) const noexcept { return 0; }
    static constexpr const char* name = "owning";
};
static_assert(!io::kernel_call<owning_description>);

namespace {

/// Counts how many of its kind are alive; one too few means that something was destroyed twice.
class owner {
  public:
    explicit owner(int& alive) noexcept : alive_(&alive) { ++*alive_; }
    owner(const owner& other) noexcept : alive_(other.alive_) { ++*alive_; }
    owner(owner&& other) noexcept : alive_(other.alive_) { ++*alive_; }
    owner& operator=(const owner&) = delete;
    ~owner() { --*alive_; }

    int alive() const noexcept { return *alive_; }

  private:
    int* alive_;
};

io::task<io::result<int>> count_alive(owner kept) {
    const auto slept = co_await io::sleep_for(0ms);
    if (!slept) co_return slept.error();
    co_return kept.alive();
}

/// What a newcomer would write, with everything that owns something in a temporary.
io::task<io::result<int>> every_form(int& alive) {
    int most = 0;
    const auto note = [&](int seen) { most = std::max(most, seen); };

    note(co_await io::or_return(co_await count_alive(owner(alive))));
    note(co_await io::or_return(co_await io::within(1h, count_alive(owner(alive)))));
    auto both = co_await io::when_all(count_alive(owner(alive)), count_alive(owner(alive)));
    auto& [one, two] = both;
    note(*one);
    note(*two);
    auto first = co_await io::when_any(count_alive(owner(alive)), io::sleep_for(1h));
    note(*first.get<0>());
    io::task_scope scope;
    scope.spawn(count_alive, owner(alive));
    scope.spawn([](owner kept) { return count_alive(std::move(kept)); }, owner(alive));
    scope.spawn([kept = owner(alive)] { return count_alive(kept); });
    co_await scope.join();
    const auto nothing = co_await io::within(1h, io::nop{});
    if (!nothing) co_return nothing.error();
    co_return most;
}

io::task<io::result<std::string>> moves_through_results(std::string text) {
    auto pass = [](std::string held) -> io::task<io::result<std::string>> {
        co_return io::result<std::string>(std::move(held));
    };
    std::string once = co_await io::or_return(co_await pass(std::move(text)));
    auto twice = co_await pass(std::move(once));
    co_return std::move(*twice) + "!";
}

io::task<int> await_in_a_condition() {
    if (!co_await io::sleep_for(1ms)) co_return 1;
    co_return 2;
}

io::task<int> await_in_a_condition_with_a_variable() {
    int answer = 2;
    if (!co_await io::sleep_for(1ms)) answer = 1;
    co_return answer;
}

}  // namespace

TEST_CASE("what temporaries in an await expression own is destroyed once, in every form we use") {
    int alive = 0;

    const auto most = io::run(every_form(alive));

    CHECK(most.value() >= 1);
    CHECK(alive == 0);
}

TEST_CASE("a string goes through tasks, results and or_return unharmed") {
    const std::string long_text(200, 'x');

    CHECK(io::run(moves_through_results(long_text)).value() == long_text + "!");
}

TEST_CASE("an await in a condition works beside a variable") {
    CHECK(io::run(await_in_a_condition_with_a_variable()) == 2);
}

#if defined(__clang__) || __GNUC__ != 12
TEST_CASE("an await in a condition works") { CHECK(io::run(await_in_a_condition()) == 2); }
#else
TEST_CASE("a coroutine that GCC 12 lays out wrongly is named before it hangs") {
    CHECK(dies_with("laid out this coroutine's frame wrongly",
                    [] { (void)io::run(await_in_a_condition()); }));
}
#endif
