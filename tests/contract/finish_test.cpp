#include <atomic>
#include <cstddef>
#include <optional>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "tests/contract/plain_aio.hpp"
#include "tests/dies_with.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::task;

namespace {

/// Destroys what it waited for as soon as it is told.
class destroying_consumer final : public lariat::listener {
  public:
    std::optional<plain_aio> operation{std::in_place};

    std::coroutine_handle<> notify() noexcept override {
        operation.reset();
        return std::noop_coroutine();
    }
};

task<> count_waits(fake_operation& operation, int& resumed) {
    (void)co_await operation;
    ++resumed;
}

}  // namespace

TEST_CASE("a finish resumes the waiter exactly once") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    int resumed = 0;
    running wait(at, count_waits(operation, resumed));
    at.run_until_idle();
    REQUIRE(resumed == 0);

    provider.succeed();
    at.advance(1h);

    CHECK(resumed == 1);
    CHECK(wait.done());
}

TEST_CASE("a second finish at home is caught, and reported with who provided the operation") {
    const bool caught = dies_with("aio: finished twice: aio, provided by fake_provider", [] {
        manual_home at;
        counting_consumer consumer;
        fake_provider provider(at, fake_kind::accepts_at_once);
        fake_operation operation(provider);
        operation.start_for(consumer);
        provider.succeed();
        operation.finish({});
    });

    CHECK(caught);
}

TEST_CASE("a second finish from elsewhere is caught before the first has arrived") {
    const bool caught = dies_with("aio: finished twice", [] {
        manual_home at;
        counting_consumer consumer;
        plain_aio operation;
        operation.begin_for(consumer);
        std::thread([&] { operation.finish({}); }).join();
        std::thread([&] { operation.finish({}); }).join();
    });

    CHECK(caught);
}

TEST_CASE("a finish at home after one from elsewhere is caught") {
    const bool caught = dies_with("aio: finished twice", [] {
        manual_home at;
        counting_consumer consumer;
        plain_aio operation;
        operation.begin_for(consumer);
        std::thread([&] { operation.finish({}); }).join();
        operation.finish({});
    });

    CHECK(caught);
}

TEST_CASE("a finish from elsewhere after one at home is caught") {
    const bool caught = dies_with("aio: finished twice", [] {
        manual_home at;
        counting_consumer consumer;
        plain_aio operation;
        operation.begin_for(consumer);
        operation.finish({});
        std::thread([&] { operation.finish({}); }).join();
    });

    CHECK(caught);
}

TEST_CASE("what a provider wrote on another thread before finish is visible to the waiter") {
    manual_home at;
    counting_consumer consumer;
    plain_aio operation;
    int written = 0;
    operation.begin_for(consumer);

    std::thread elsewhere([&] {
        written = 42;
        operation.finish({}, 1);
    });
    const bool told = at.run_until([&] { return consumer.told() == 1; });

    CHECK(told);
    CHECK(written == 42);
    elsewhere.join();
}

TEST_CASE("a finish from elsewhere wakes a home that sleeps") {
    manual_home at;
    counting_consumer consumer;
    plain_aio operation;

    for (std::size_t round = 1; round <= 200; ++round) {
        operation.begin_for(consumer);
        std::thread elsewhere([&] { operation.finish({}, 1); });
        CHECK(at.run_until([&] { return consumer.told() == round; }));
        elsewhere.join();
    }
}

TEST_CASE("after finish the waiter may destroy the aio") {
    manual_home at;
    destroying_consumer consumer;
    consumer.operation->begin_for(consumer);

    consumer.operation->finish({}, 1);
    at.run_until_idle();

    CHECK(!consumer.operation);
    CHECK(at.idle());
}

TEST_CASE("the waiter never runs on the provider's stack") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    int resumed = 0;
    running wait(at, count_waits(operation, resumed));
    at.run_until_idle();

    provider.succeed();

    CHECK(resumed == 0);
    at.run_turn();
    CHECK(resumed == 1);
}

TEST_CASE("the waiter never runs inside its cancel function") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    int resumed = 0;
    running wait(at, count_waits(operation, resumed));
    at.run_until_idle();

    wait.cancel();

    CHECK(provider.finished() == 1);
    CHECK(resumed == 0);
    at.run_turn();
    CHECK(resumed == 1);
}

TEST_CASE("an error may come with a count") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.start_for(consumer);

    provider.fail(broken, 100);
    at.run_until_idle();

    CHECK(operation.error() == broken);
    CHECK(operation.count() == 100);
}

TEST_CASE("an error may come with a count from elsewhere") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once, fake_place::elsewhere);
    fake_operation operation(provider);
    counting_consumer consumer;
    operation.start_for(consumer);

    provider.fail(broken, 100);
    at.run_until_idle();

    CHECK(operation.error() == broken);
    CHECK(operation.count() == 100);
    CHECK(consumer.told() == 1);
}
