#include <cstddef>
#include <deque>
#include <ostream>

#include <doctest/doctest.h>

#include "aio/aio_group.hpp"
#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/yield.hpp"
#include "tests/contract/plain_aio.hpp"

using namespace lariat::testing;
using lariat::aio_group;
using lariat::result;
using lariat::task;

namespace {

using grouped_operation = basic_fake_operation<lariat::grouped_aio>;

task<count_result> wait_in_group(grouped_operation& operation) { co_return co_await operation; }

task<result<void>> stop(aio_group& group) { co_return co_await group.stop(); }

/// Ignores every error and starts over.
task<> resubmit(grouped_operation& operation, std::size_t times, std::size_t& done) {
    while (done < times) {
        const auto count = co_await operation;
        done += !count;
    }
}

task<> insist(fake_operation& operation, std::size_t times, std::size_t& done) {
    while (done < times) {
        const auto count = co_await operation;
        done += !count;
    }
}

/// Counts the turns in which it was reached.
task<> count_turns(std::size_t& turns) {
    for (std::size_t i = 0; i < 100; ++i) {
        co_await lariat::yield();
        ++turns;
    }
}

/// Asked to end one operation, it ends all it has.
class all_or_nothing {
  public:
    explicit all_or_nothing(aio_group& group) : operations_{{*this, group}, {*this, group}} {}

    class operation final : public lariat::aio_awaitable<std::size_t, lariat::grouped_aio> {
      public:
        operation(all_or_nothing& owner, aio_group& group) noexcept
            : aio_awaitable(group), owner_(owner) {}

      private:
        void start() noexcept override { (void)defer(&give_up, &owner_); }
        std::size_t value() noexcept override { return 0; }

        all_or_nothing& owner_;
    };

    operation& at(std::size_t index) noexcept { return operations_[index]; }

  private:
    static void give_up(lariat::aio&, void* self, std::error_code reason) noexcept {
        for (auto& each : static_cast<all_or_nothing*>(self)->operations_)
            if (each.in_progress()) each.finish(reason);
    }

    operation operations_[2];
};

task<count_result> wait_for_all(all_or_nothing::operation& operation) {
    co_return co_await operation;
}

}  // namespace

TEST_CASE("a stopped group refuses new operations, and their waiters get stopped") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    aio_group group;
    grouped_operation operation(provider, group);
    running end(at, stop(group));
    at.run_until_idle();

    running wait(at, wait_in_group(operation));
    at.run_until_idle();

    REQUIRE(wait.done());
    CHECK(wait.take().error() == stopped);
    CHECK(provider.started() == 0);
}

TEST_CASE("stop aborts the pending, and is over when the last of them has finished") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    aio_group group;
    grouped_operation one(provider, group);
    grouped_operation two(provider, group);
    running first(at, wait_in_group(one));
    running second(at, wait_in_group(two));
    at.run_until_idle();

    running end(at, stop(group));
    at.run_until_idle();
    REQUIRE(provider.asked().size() == 2);
    CHECK(!end.done());
    provider.give_up();
    at.run_until_idle();
    CHECK(!end.done());
    provider.give_up();
    at.run_until_idle();

    CHECK(end.done());
    CHECK(first.take().error() == stopped);
    CHECK(second.take().error() == stopped);
    CHECK(group.empty());
}

TEST_CASE("stop never blocks the thread") {
    manual_home at;
    fake_provider provider(at, fake_kind::declines);
    aio_group group;
    grouped_operation operation(provider, group);
    running wait(at, wait_in_group(operation));
    running other(at, [](int) -> task<> { co_await lariat::yield(); }(0));
    at.run_turn();

    running end(at, stop(group));
    at.run_until_idle();

    CHECK(other.done());
    CHECK(!end.done());
    provider.succeed(3);
    at.run_until_idle();
    CHECK(end.done());
    CHECK(*wait.take() == 3);
}

TEST_CASE("close is the same as stop without waiting") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    aio_group group;
    grouped_operation operation(provider, group);
    running wait(at, wait_in_group(operation));
    at.run_until_idle();

    group.close();
    at.run_until_idle();

    CHECK(wait.take().error() == closed);
    CHECK(group.ended());
}

TEST_CASE("stopping twice, concurrently, and nothing is fine") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    aio_group group;
    aio_group nothing;
    grouped_operation operation(provider, group);
    running wait(at, wait_in_group(operation));
    at.run_until_idle();

    running once(at, stop(group));
    running twice(at, stop(group));
    running none(at, stop(nothing));
    at.run_until_idle();
    group.close();
    nothing.close();

    CHECK(none.done());
    CHECK(!once.done());
    CHECK(!twice.done());
    provider.give_up();
    at.run_until_idle();
    CHECK(once.done());
    CHECK(twice.done());
    running afterwards(at, stop(group));
    at.run_until_idle();
    CHECK(afterwards.done());
    CHECK(wait.take().error() == stopped);
}

TEST_CASE("a provider may end every operation of a group when asked to end one") {
    manual_home at;
    aio_group group;
    all_or_nothing provider(group);
    running first(at, wait_for_all(provider.at(0)));
    running second(at, wait_for_all(provider.at(1)));
    at.run_until_idle();

    group.close();
    at.run_until_idle();

    CHECK(first.take().error() == closed);
    CHECK(second.take().error() == closed);
    CHECK(group.empty());
}

TEST_CASE("a loop that ignores stopped and resubmits goes through the ready queue each time") {
    manual_home at(lariat::home_budgets{.resumptions = 8});
    fake_provider provider(at, fake_kind::accepts_at_once);
    aio_group group;
    grouped_operation operation(provider, group);
    group.close(stopped);
    std::size_t resubmitted = 0;
    std::size_t turns = 0;
    running stubborn(at, resubmit(operation, 10'000, resubmitted));
    running other(at, count_turns(turns));

    for (int turn = 0; turn < 100; ++turn) at.run_turn();

    // Each of them was resumed as often as the other: four times of eight in a turn.
    CHECK(turns == 100);
    CHECK(resubmitted > 100);
    CHECK(resubmitted <= 800);
    at.run_until_idle();
    CHECK(resubmitted == 10'000);
    CHECK(provider.started() == 0);
}

TEST_CASE("a cancelled loop that resubmits lets others run") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    std::size_t resubmitted = 0;
    std::size_t turns = 0;
    running stubborn(at, insist(operation, 1'000'000, resubmitted));
    running other(at, count_turns(turns));
    stubborn.cancel();

    at.run_turn();
    at.run_turn();

    CHECK(turns > 0);
    CHECK(resubmitted < 1000);
    at.run_until_idle();
    CHECK(resubmitted == 1'000'000);
}

TEST_CASE("shutting down with thousands of pending operations resumes every waiter with stopped") {
    manual_home at;
    fake_provider at_once(at, fake_kind::accepts_at_once);
    fake_provider later(at, fake_kind::accepts_later);
    std::deque<fake_operation> operations;
    std::deque<running<count_result>> waits;
    counting_consumer without_task;
    for (int i = 0; i < 3000; ++i) {
        auto& provider = i % 2 ? at_once : later;
        operations.emplace_back(provider);
        if (i % 3)
            waits.emplace_back(at, wait_for(operations.back()));
        else
            operations.back().start_for(without_task);
    }
    at.run_until_idle();

    at.stop();
    while (later.give_up()) {
    }
    at.run_until_idle();

    std::size_t ended = 0;
    for (auto& each : waits) ended += each.done() && each.take().error() == stopped;
    CHECK(ended == 2000);
    CHECK(without_task.told() == 1000);
    CHECK(at.pending() == 0);
}

TEST_CASE("what starts after the shutdown gets stopped as well") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    at.stop();

    running wait(at, wait_for(operation));
    at.run_until_idle();

    CHECK(wait.take().error() == stopped);
    CHECK(provider.started() == 0);
}
