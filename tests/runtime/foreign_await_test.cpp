#include <coroutine>
#include <cstddef>
#include <exception>
#include <ostream>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task.hpp"
#include "runtime/when_all.hpp"
#include "runtime/yield.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::error;
using lariat::task;

namespace {

/// A coroutine type that knows nothing of strands: eager, and destroyed by its owner.
class stranger {
  public:
    struct promise_type {
        stranger get_return_object() noexcept {
            return stranger(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };

    explicit stranger(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    stranger(stranger&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    ~stranger() {
        if (frame_) frame_.destroy();
    }

    bool done() const noexcept { return frame_.done(); }

  private:
    std::coroutine_handle<promise_type> frame_;
};

stranger sleeps(std::string& said, lariat::duration span) {
    const auto slept = co_await lariat::sleep_for(span);
    said += slept ? "slept" : slept.error().message();
}

stranger operates(fake_operation& operation, std::string& said) {
    const auto count = co_await operation;
    said += count ? std::to_string(*count) : count.error().message();
}

task<std::string> says_after(lariat::duration span) {
    const auto slept = co_await lariat::sleep_for(span);
    co_return slept ? "slept" : slept.error().message();
}

stranger awaits_task(std::string& said, lariat::duration span) {
    const std::string told = co_await says_after(span);
    said += told;
}

stranger awaits_both(fake_operation& operation, std::string& said) {
    auto both = co_await lariat::when_all(operation, lariat::sleep_for(1ms));
    auto& [count, slept] = both;
    if (count && slept) said += "both";
}

stranger yields(std::string& said) {
    said += "before ";
    co_await lariat::yield();
    said += "after";
}

stranger waits(lariat::event& set, std::string& said) {
    const auto waited = co_await set.wait();
    said += waited ? "set" : waited.error().message();
}

}  // namespace

TEST_CASE("a coroutine of another kind can sleep, yield and wait for an event") {
    manual_home at;
    lariat::event set;
    std::string slept, yielded, waited;
    const stranger one = sleeps(slept, 1ms);
    const stranger two = yields(yielded);
    const stranger three = waits(set, waited);

    at.advance(1ms);
    set.set();
    at.run_until_idle();

    CHECK(slept == "slept");
    CHECK(yielded == "before after");
    CHECK(waited == "set");
    CHECK((one.done() && two.done() && three.done()));
}

TEST_CASE("a coroutine of another kind can await an operation") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    std::string said;
    const stranger one = operates(operation, said);
    REQUIRE(provider.pending() == 1);

    provider.succeed(12);
    at.run_until_idle();

    CHECK(said == "12");
    CHECK(one.done());
}

TEST_CASE("a coroutine of another kind can await a task") {
    manual_home at;
    std::string said;
    const stranger one = awaits_task(said, 5ms);

    at.advance(5ms);

    CHECK(said == "slept");
    CHECK(one.done());
}

TEST_CASE("a coroutine of another kind can await a composite") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    std::string said;
    const stranger one = awaits_both(operation, said);

    at.advance(1ms);
    REQUIRE(!one.done());
    provider.succeed();
    at.run_until_idle();

    CHECK(said == "both");
}

TEST_CASE("shutdown reaches what waits in coroutines of another kind") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    lariat::event set;
    std::string slept, counted, told, waited;
    const stranger one = sleeps(slept, 1h);
    const stranger two = operates(operation, counted);
    const stranger three = awaits_task(told, 1h);
    const stranger four = waits(set, waited);
    at.run_until_idle();

    at.stop();
    at.run_until_idle();

    for (const std::string* said : {&slept, &counted, &told, &waited}) CHECK(*said == "stopped");
    CHECK((one.done() && two.done() && three.done() && four.done()));
    CHECK(at.orphans().empty());
}

TEST_CASE("a suspended coroutine of another kind may be destroyed") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation operation(provider);
    lariat::event set;
    std::string said;
    {
        const stranger one = sleeps(said, 1h);
        const stranger two = operates(operation, said);
        const stranger three = awaits_task(said, 1h);
        const stranger four = waits(set, said);
        at.run_until_idle();
    }

    set.set();
    at.advance(2h);

    CHECK(said.empty());
    CHECK(at.orphans().empty());
    CHECK(at.pending() == 0);
    CHECK(at.timers().empty());
}
