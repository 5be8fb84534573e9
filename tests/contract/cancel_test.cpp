#include <algorithm>
#include <ostream>
#include <vector>

#include <doctest/doctest.h>

#include "aio/completion_source.hpp"
#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "tests/contract/plain_aio.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::aio;
using lariat::task;

namespace {

/// Declines the first ask and accepts the next.
struct reluctant {
    std::vector<std::error_code> reasons;

    static void ask(aio& operation, void* self, std::error_code reason) noexcept {
        auto& reasons = static_cast<reluctant*>(self)->reasons;
        reasons.push_back(reason);
        if (reasons.size() == 2) operation.finish(reason);
    }
};

/// Aborts the operation again from inside the cancel function.
struct self_aborting {
    int depth = 0;
    int deepest = 0;
    std::vector<std::error_code> reasons;

    static void ask(aio& operation, void* self, std::error_code reason) noexcept {
        auto& own = *static_cast<self_aborting*>(self);
        own.deepest = std::max(own.deepest, ++own.depth);
        own.reasons.push_back(reason);
        operation.abort(stopped);
        operation.abort();
        --own.depth;
    }
};

}  // namespace

TEST_CASE("abort asks and returns; only finish ends") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.start_for(consumer);

    operation.abort();
    at.advance(1h);

    CHECK(operation.in_progress());
    CHECK(consumer.told() == 0);
    provider.give_up();
    at.run_until_idle();
    CHECK(consumer.told() == 1);
    CHECK(operation.error() == canceled);
}

TEST_CASE("a raise reaches the cancel function at most once") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;
    operation.begin_for(consumer);
    REQUIRE(operation.defer(&recorder::ask, &record));

    for (int again = 0; again < 3; ++again) {
        operation.abort();
        operation.abort(timed_out);
        operation.abort(stopped);
    }

    REQUIRE(record.reasons.size() == 3);
    CHECK(record.reasons[0] == canceled);
    CHECK(record.reasons[1] == timed_out);
    CHECK(record.reasons[2] == stopped);
    operation.finish({});
}

TEST_CASE("a cancel function that aborts does not enter itself") {
    manual_home at;
    counting_consumer consumer;
    self_aborting provider;
    plain_aio operation;
    operation.begin_for(consumer);
    REQUIRE(operation.defer(&self_aborting::ask, &provider));

    operation.abort();

    CHECK(provider.deepest == 1);
    REQUIRE(provider.reasons.size() == 2);
    CHECK(provider.reasons[0] == canceled);
    CHECK(provider.reasons[1] == stopped);
    operation.finish({});
}

TEST_CASE("a decline leaves the operation and its deadline in place") {
    manual_home at;
    fake_provider provider(at, fake_kind::declines);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(5ms);
    operation.start_for(consumer);
    operation.abort();
    REQUIRE(operation.in_progress());
    provider.become(fake_kind::accepts_at_once);

    at.advance(5ms);

    CHECK(consumer.told() == 1);
    CHECK(operation.error() == timed_out);
}

TEST_CASE("after a declined deadline a stop asks again") {
    manual_home at;
    fake_provider provider(at, fake_kind::declines);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(5ms);
    operation.start_for(consumer);
    at.advance(5ms);
    provider.become(fake_kind::accepts_at_once);

    at.stop();
    at.run_until_idle();

    CHECK(provider.asked().size() == 2);
    CHECK(operation.error() == stopped);
}

TEST_CASE("a provider that is giving up ignores the later ask, and reports the first reason") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.set_timeout(5ms);
    operation.start_for(consumer);

    at.advance(5ms);
    operation.abort();
    at.stop();
    provider.give_up();
    at.run_until_idle();

    CHECK(provider.asked().size() == 3);
    CHECK(operation.error() == timed_out);
    CHECK(consumer.told() == 1);
}

TEST_CASE("the first reason wins, be it cancel, deadline or stop") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    for (const auto first : {canceled, timed_out, stopped, broken}) {
        plain_aio operation;
        operation.begin_for(consumer);
        REQUIRE(operation.defer(&recorder::ask, &record));

        operation.abort(first);
        for (const auto later : {canceled, timed_out, stopped, broken}) operation.abort(later);

        CHECK(operation.reason() == first);
        operation.finish(operation.reason());
        CHECK(operation.error() == first);
        at.run_until_idle();
    }
}

TEST_CASE("after a decline the reason is that of the ask that was accepted") {
    manual_home at;
    counting_consumer consumer;
    reluctant provider;
    plain_aio operation;
    operation.begin_for(consumer);
    REQUIRE(operation.defer(&reluctant::ask, &provider));

    operation.abort();
    REQUIRE(operation.in_progress());
    operation.abort(stopped);

    CHECK(!operation.in_progress());
    CHECK(operation.error() == stopped);
}

TEST_CASE("an abort between begin and defer is delivered by defer") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;
    operation.begin_for(consumer);

    operation.abort(broken);
    operation.abort(stopped);

    CHECK(operation.in_progress());
    CHECK(!operation.defer(&recorder::ask, &record));
    CHECK(operation.error() == broken);
    CHECK(record.reasons.empty());
}

TEST_CASE("an abort on an idle aio does nothing at all") {
    manual_home at;
    counting_consumer consumer;
    recorder record;
    plain_aio operation;

    operation.abort();

    CHECK(operation.current_state() == aio::state::idle);
    operation.begin_for(consumer);
    CHECK(operation.defer(&recorder::ask, &record));
    CHECK(!operation.aborted());
    operation.finish({});
}

TEST_CASE("a cancel after a completion does not rewrite it") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    running wait(at, wait_for(operation));
    at.run_until_idle();
    provider.succeed(9);

    operation.abort();
    wait.cancel();
    at.run_until_idle();

    CHECK(provider.asked().empty());
    CHECK(*wait.take() == 9);
}

TEST_CASE("a cancel while a completion travels from another thread does not rewrite it") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once, fake_place::elsewhere);
    fake_operation operation(provider);
    running wait(at, wait_for(operation));
    at.run_until_idle();
    provider.succeed(9);

    operation.abort();
    wait.cancel();
    at.run_until_idle();

    CHECK(provider.asked().empty());
    CHECK(*wait.take() == 9);
}

TEST_CASE("data beats cancel") {
    manual_home at;
    fake_provider provider(at, fake_kind::declines);
    fake_operation operation(provider);
    running wait(at, wait_for(operation));
    at.run_until_idle();
    wait.cancel();
    REQUIRE(provider.asked().size() == 1);

    provider.succeed(512);
    at.run_until_idle();

    CHECK(*wait.take() == 512);
}

TEST_CASE("an abort without a reason means canceled; success is not a reason") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;

    operation.start_for(consumer);
    operation.abort();
    at.run_until_idle();
    CHECK(operation.error() == canceled);

    operation.start_for(consumer);
    operation.abort(std::error_code());
    at.run_until_idle();
    CHECK(operation.error() == canceled);
}

TEST_CASE("what a cancelled wait left behind is there for the next") {
    manual_home at;
    lariat::completion_source<int> source;
    auto handle = source.handle();
    const auto await_it = [](lariat::completion_source<int>& from) -> task<lariat::result<int>> {
        co_return co_await from;
    };
    running first(at, await_it(source));
    at.run_until_idle();
    first.cancel();
    at.run_until_idle();
    REQUIRE(first.take().error() == canceled);

    handle.finish(5);
    running second(at, await_it(source));
    at.run_until_idle();

    CHECK(*second.take() == 5);
}

TEST_CASE("an operation on a cancelled strand fails at once and does not reach its provider") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    running wait(at, wait_for(operation));
    wait.cancel(broken);

    at.run_until_idle();

    CHECK(wait.take().error() == broken);
    CHECK(provider.started() == 0);
}
