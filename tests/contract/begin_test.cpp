#include <cstddef>
#include <ostream>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "tests/contract/plain_aio.hpp"
#include "tests/dies_with.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::aio;
using lariat::task;

namespace {

task<> await_often(fake_operation& operation, std::size_t times, std::size_t& done) {
    while (done < times) {
        const auto count = co_await operation;
        if (!count) co_return;
        ++done;
    }
}

/// Defers, and finishes before it returns.
class hasty_operation final : public lariat::aio_awaitable<std::size_t> {
  public:
    explicit hasty_operation(recorder& record) noexcept : record_(record) {}

  private:
    void start() noexcept override {
        if (defer(&recorder::ask, &record_)) finish({}, 3);
    }
    std::size_t value() noexcept override { return count(); }

    recorder& record_;
};

task<> await_hasty(hasty_operation& operation, std::size_t& sum) { sum += *co_await operation; }

}  // namespace

TEST_CASE("begin clears the error and the count of the operation before") {
    manual_home at;
    counting_consumer consumer;
    plain_aio operation;
    operation.begin_for(consumer);
    operation.finish(broken, 7);
    at.run_until_idle();
    REQUIRE(operation.error() == broken);
    REQUIRE(operation.count() == 7);

    operation.begin_for(consumer);

    CHECK(!operation.error());
    CHECK(operation.count() == 0);
    CHECK(operation.current_state() == aio::state::begun);
}

TEST_CASE("begin leaves the deadline setting alone") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(5ms);

    for (int round = 0; round < 3; ++round) {
        operation.start_for(consumer);
        at.advance(5ms);
    }

    CHECK(consumer.told() == 3);
    CHECK(operation.error() == timed_out);
}

TEST_CASE("a true defer registers the operation with its provider") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;
    operation.begin_for(consumer);

    const bool registered = operation.defer(&recorder::ask, &record);

    CHECK(registered);
    CHECK(operation.current_state() == aio::state::deferred);
    CHECK(at.pending() == 1);
    operation.finish({});
}

TEST_CASE("a false defer has finished the operation, and its waiter is resumed") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;
    operation.begin_for(consumer);
    operation.abort(broken);

    const bool registered = operation.defer(&recorder::ask, &record);

    CHECK(!registered);
    CHECK(operation.current_state() == aio::state::finished);
    CHECK(record.reasons.empty());
    at.run_until_idle();
    CHECK(consumer.told() == 1);
    CHECK(operation.error() == broken);
}

TEST_CASE("a zero timeout makes defer false") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;
    operation.set_timeout(0ms);
    operation.begin_for(consumer);

    const bool registered = operation.defer(&recorder::ask, &record);

    CHECK(!registered);
    at.run_until_idle();
    CHECK(consumer.told() == 1);
    CHECK(operation.error() == timed_out);
}

TEST_CASE("finishing without defer is legal") {
    manual_home at;
    fake_provider provider(at, fake_kind::finishes_in_start);
    fake_operation operation(provider);
    running wait(at, wait_for(operation));

    at.run_turn();

    CHECK(wait.done());
    CHECK(*wait.take() == 1);
    CHECK(at.pending() == 0);
}

TEST_CASE("deferring and finishing in one call does not suspend the waiter") {
    manual_home at;
    recorder record;
    hasty_operation operation(record);
    std::size_t sum = 0;
    running wait(at, await_hasty(operation, sum));

    at.run_turn();

    CHECK(sum == 3);
    CHECK(at.turns() == 1);
    CHECK(at.pending() == 0);
}

TEST_CASE("after 256 completions without suspension the waiter is queued once") {
    manual_home at;
    fake_provider provider(at, fake_kind::finishes_in_start);
    fake_operation operation(provider);
    std::size_t done = 0;
    running wait(at, await_often(operation, 1000, done));

    // The first of the ready queue ends its 257th wait through the queue's end, and goes on in the
    // next turn of the home.
    fake_operation other_operation(provider);
    std::size_t others = 0;
    running other(at, await_often(other_operation, 1, others));
    at.run_turn();

    CHECK(done == 256);
    CHECK(other_operation.current_state() == lariat::aio::state::finished);
    at.run_turn();
    CHECK(others == 1);
    CHECK(done == 256 + 257);
    at.run_until_idle();
    CHECK(done == 1000);
}

TEST_CASE("a million completions without suspension do not grow the stack") {
    manual_home at;
    fake_provider provider(at, fake_kind::finishes_in_start);
    fake_operation operation(provider);
    std::size_t done = 0;
    running wait(at, await_often(operation, 1'000'000, done));

    at.run_until_idle();

    CHECK(done == 1'000'000);
}

TEST_CASE("the cancel function receives the same aio, the same argument and the reason") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;
    operation.begin_for(consumer);
    REQUIRE(operation.defer(&recorder::ask, &record));

    operation.abort(broken);

    CHECK(record.operation == &operation);
    REQUIRE(record.reasons.size() == 1);
    CHECK(record.reasons[0] == broken);
    operation.finish(broken);
}

TEST_CASE("a null cancel function means uncancelable, and no deadline is armed") {
    manual_home at;
    fake_provider provider(at, fake_kind::uncancelable);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(1ms);
    operation.start_for(consumer);

    operation.abort();
    at.advance(1h);

    CHECK(at.timers().empty());
    CHECK(consumer.told() == 0);
    provider.succeed(4);
    at.run_until_idle();
    CHECK(consumer.told() == 1);
    CHECK(operation.count() == 4);
    CHECK(!operation.error());
}

TEST_CASE("a zero timeout does not end an uncancelable operation") {
    manual_home at;
    fake_provider provider(at, fake_kind::uncancelable);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(0ms);

    operation.start_for(consumer);
    at.run_until_idle();

    CHECK(operation.in_progress());
    provider.succeed();
    at.run_until_idle();
    CHECK(!operation.error());
}

TEST_CASE("beginning an aio that is in progress is caught") {
    const bool caught = dies_with("begun while it is in progress", [] {
        manual_home at;
        counting_consumer consumer;
        plain_aio operation;
        operation.begin_for(consumer);
        operation.begin_for(consumer);
    });

    CHECK(caught);
}

TEST_CASE("beginning an aio whose waiter was not yet resumed is caught") {
    const bool caught = dies_with("begun while it is in progress", [] {
        manual_home at;
        counting_consumer consumer;
        plain_aio operation;
        operation.begin_for(consumer);
        operation.finish({});
        operation.begin_for(consumer);
    });

    CHECK(caught);
}

TEST_CASE("deferring an operation twice is caught") {
    const bool caught = dies_with("deferred twice", [] {
        manual_home at;
        counting_consumer consumer;
        recorder record;
        plain_aio operation;
        operation.begin_for(consumer);
        (void)operation.defer(&recorder::ask, &record);
        (void)operation.defer(&recorder::ask, &record);
    });

    CHECK(caught);
}

TEST_CASE("awaiting an operation without a home is caught") {
    const bool caught = dies_with("no scheduler runs on this thread", [] {
        counting_consumer consumer;
        plain_aio operation;
        operation.begin_for(consumer);
    });

    CHECK(caught);
}
