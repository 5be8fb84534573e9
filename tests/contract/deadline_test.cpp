#include <cstddef>
#include <deque>
#include <optional>
#include <ostream>

#include <doctest/doctest.h>

#include "aio/completion_source.hpp"
#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/contract/plain_aio.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::never;
using lariat::result;
using lariat::task;

namespace {

task<result<void>> sleep(lariat::duration span) { co_return co_await lariat::sleep_for(span); }

task<count_result> wait_within(lariat::duration span, fake_operation& operation) {
    co_return co_await lariat::within(span, operation);
}

/// What it delivers is there from the start; it looks before it defers, as a stream does.
class ready_operation final : public lariat::aio_awaitable<std::size_t> {
  public:
    explicit ready_operation(bool data) noexcept : data_(data) {}
    ~ready_operation() { retire(); }

  private:
    void start() noexcept override {
        if (data_)
            finish({}, 64);
        else if (defer(&give_up, nullptr))
            pending_ = true;
    }
    std::size_t value() noexcept override { return count(); }

    static void give_up(lariat::aio& operation, void*, std::error_code reason) noexcept {
        operation.finish(reason);
    }

    const bool data_;
    bool pending_ = false;
};

task<count_result> try_once(ready_operation& operation) {
    co_return co_await lariat::within(0s, operation);
}

}  // namespace

TEST_CASE("a deadline is an abort with timed_out") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(10ms);
    operation.start_for(consumer);

    at.advance(10ms);

    REQUIRE(provider.asked().size() == 1);
    CHECK(provider.asked()[0] == timed_out);
    CHECK(operation.error() == timed_out);
}

TEST_CASE("a deadline fires at its time and not before, to the nanosecond of the clock") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(10'007ns);
    operation.start_for(consumer);

    at.advance(10'006ns);
    CHECK(consumer.told() == 0);
    at.advance(1ns);

    CHECK(consumer.told() == 1);
}

TEST_CASE("a zero timeout delivers data that is ready") {
    manual_home at;
    ready_operation operation(true);
    running wait(at, try_once(operation));

    at.run_until_idle();

    CHECK(*wait.take() == 64);
}

TEST_CASE("a zero timeout without data ends with timed_out at once") {
    manual_home at;
    ready_operation operation(false);
    running wait(at, try_once(operation));

    at.run_until_idle();

    CHECK(wait.take().error() == timed_out);
}

TEST_CASE("a zero timeout delivers what a completion source has already") {
    manual_home at;
    lariat::completion_source<int> source;
    source.handle().finish(8);
    const auto body = [](lariat::completion_source<int>& from) -> task<result<int>> {
        co_return co_await lariat::within(0s, from);
    };
    running wait(at, body(source));

    at.run_until_idle();

    CHECK(*wait.take() == 8);
}

TEST_CASE("a deadline that has passed when the operation begins ends it with timed_out") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;

    operation.set_deadline(at.now() - 1s);
    operation.start_for(consumer);
    at.run_until_idle();

    CHECK(operation.error() == timed_out);
    CHECK(consumer.told() == 1);
    CHECK(provider.pending() == 0);
}

TEST_CASE("a relative timeout counts from each defer") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(10ms);

    operation.start_for(consumer);
    at.advance(9ms);
    provider.succeed();
    at.run_until_idle();
    operation.start_for(consumer);
    at.advance(9ms);

    CHECK(operation.in_progress());
    at.advance(1ms);
    CHECK(operation.error() == timed_out);
}

TEST_CASE("an absolute deadline limits one operation, however it ends") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    const auto again_without_limit = [&] {
        operation.start_for(consumer);
        at.advance(1h);
        REQUIRE(operation.in_progress());
        provider.succeed();
        at.run_until_idle();
    };

    operation.set_deadline(at.now() + 1ms);
    operation.start_for(consumer);
    at.advance(1ms);
    REQUIRE(operation.error() == timed_out);
    again_without_limit();

    operation.set_deadline(at.now() + 1ms);
    operation.start_for(consumer);
    provider.succeed();
    at.run_until_idle();
    again_without_limit();

    operation.set_deadline(at.now() + 1ms);
    operation.start_for(consumer);
    operation.abort();
    at.run_until_idle();
    again_without_limit();

    provider.become(fake_kind::finishes_in_start);
    operation.set_deadline(at.now() + 1ms);
    operation.start_for(consumer);
    at.run_until_idle();
    provider.become(fake_kind::accepts_at_once);
    again_without_limit();
}

TEST_CASE("changing the deadline during an operation affects only the next") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(10ms);
    operation.start_for(consumer);

    operation.set_deadline(at.now() + 15ms);
    at.advance(9ms);
    CHECK(operation.in_progress());
    at.advance(1ms);
    CHECK(operation.error() == timed_out);

    operation.start_for(consumer);
    at.advance(4ms);
    CHECK(operation.in_progress());
    at.advance(1ms);
    CHECK(operation.error() == timed_out);
}

TEST_CASE("changing the deadline between begin and defer affects only the next") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;
    operation.set_timeout(10ms);
    operation.begin_for(consumer);

    operation.set_timeout(20ms);
    REQUIRE(operation.defer(&recorder::ask, &record));

    at.advance(10ms);
    CHECK(record.reasons.size() == 1);
    operation.finish(timed_out);
    at.run_until_idle();
    operation.begin_for(consumer);
    REQUIRE(operation.defer(&recorder::ask, &record));
    at.advance(19ms);
    CHECK(record.reasons.size() == 1);
    at.advance(1ms);
    CHECK(record.reasons.size() == 2);
    operation.finish(timed_out);
}

TEST_CASE("a stale deadline does not end the next operation") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(5ms);
    operation.start_for(consumer);
    provider.succeed();
    at.run_until_idle();
    operation.set_timeout(lariat::forever);

    operation.start_for(consumer);
    at.advance(1h);

    CHECK(operation.in_progress());
    CHECK(at.timers().empty());
    provider.succeed();
}

TEST_CASE("a limit of forever, and a deadline of never, arm nothing") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation first(provider);
    fake_operation second(provider);
    counting_consumer consumer;
    first.set_timeout(lariat::forever);
    second.set_deadline(never);

    first.start_for(consumer);
    second.start_for(consumer);

    CHECK(at.timers().empty());
    provider.succeed();
    provider.succeed();
}

TEST_CASE("a sleep of zero completes once, asynchronously") {
    manual_home at;
    bool slept = false;
    const auto nap = [](bool& done) -> task<> {
        const auto ended = co_await lariat::sleep_for(0s);
        done = ended.has_value();
    };
    running first(at, nap(slept));
    running other(at, sleep(0s));
    const auto turns = at.turns();

    at.run_until_idle();

    CHECK(slept);
    CHECK(other.done());
    CHECK(at.turns() == turns + 1);
    CHECK(at.timers().empty());
}

TEST_CASE("a sleep ends at its time") {
    manual_home at;
    running nap(at, sleep(10ms));

    at.advance(10ms - 1ns);
    CHECK(!nap.done());
    at.advance(1ns);

    REQUIRE(nap.done());
    CHECK(nap.take());
}

TEST_CASE("an unlimited sleep ends only by cancel") {
    manual_home at;
    running nap(at, sleep(lariat::forever));
    at.advance(1'000'000h);
    REQUIRE(!nap.done());

    nap.cancel();
    at.run_until_idle();

    REQUIRE(nap.done());
    CHECK(nap.take().error() == canceled);
}

TEST_CASE("an unlimited sleep ends only by stop") {
    manual_home at;
    running nap(at, sleep(lariat::forever));
    at.run_until_idle();

    at.stop();
    at.run_until_idle();

    REQUIRE(nap.done());
    CHECK(nap.take().error() == stopped);
}

TEST_CASE("5,000 equal deadlines all fire at theirs") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    std::deque<fake_operation> operations;
    std::deque<running<count_result>> waits;
    for (int i = 0; i < 5000; ++i) {
        operations.emplace_back(provider);
        waits.emplace_back(at, wait_within(10ms, operations.back()));
    }
    at.run_until_idle();
    REQUIRE(at.timers().size() == 5000);

    at.advance(10ms);

    std::size_t late = 0;
    for (auto& each : waits) late += each.done() && each.take().error() == timed_out;
    CHECK(late == 5000);
    CHECK(at.timers().empty());
}

TEST_CASE("one slow provider does not delay the others' deadlines") {
    manual_home at;
    fake_provider slow(at, fake_kind::accepts_later);
    fake_provider quick(at, fake_kind::accepts_at_once);
    fake_operation first(slow);
    fake_operation second(quick);
    running waits_long(at, wait_within(10ms, first));
    running waits(at, wait_within(10ms, second));

    at.advance(10ms);

    CHECK(!waits_long.done());
    CHECK(waits.done());
    slow.give_up();
    at.run_until_idle();
    CHECK(waits_long.take().error() == timed_out);
}
