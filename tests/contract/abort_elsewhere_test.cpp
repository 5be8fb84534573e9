#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

#include "aio/shared_aio.hpp"
#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "tests/contract/plain_aio.hpp"

using namespace lariat::testing;

namespace {

using shared_operation = basic_fake_operation<lariat::shared_aio>;

}  // namespace

TEST_CASE("abort with a key works from any thread") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    shared_operation operation(provider);
    counting_consumer consumer;
    operation.start_for(consumer);
    const lariat::aio_key key = operation.key();

    std::thread elsewhere([&] { operation.abort(key, lariat::error::stopped); });
    const bool told = at.run_until([&] { return consumer.told() == 1; });
    elsewhere.join();

    CHECK(told);
    CHECK(operation.error() == stopped);
}

TEST_CASE("an abort meant for one operation never reaches the next") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    shared_operation operation(provider);
    counting_consumer consumer;
    operation.start_for(consumer);
    const lariat::aio_key first = operation.key();
    provider.succeed();
    at.run_until_idle();
    operation.start_for(consumer);

    other_thread elsewhere;
    elsewhere.run([&] { operation.abort(first); });
    at.run_until_idle();

    CHECK(operation.in_progress());
    CHECK(provider.asked().empty());
    CHECK(consumer.told() == 1);
    provider.succeed();
    at.run_until_idle();
    CHECK(!operation.error());
}

TEST_CASE("an abort that is overtaken by the next operation is dropped on arrival") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    shared_operation operation(provider);
    counting_consumer consumer;
    operation.start_for(consumer);
    other_thread elsewhere;
    const lariat::aio_key first = operation.key();
    provider.succeed();
    at.run_until_idle();

    elsewhere.run([&] { operation.abort(first); });
    operation.start_for(consumer);
    at.run_until_idle();

    CHECK(operation.in_progress());
    provider.succeed();
    at.run_until_idle();
    CHECK(consumer.told() == 2);
}

TEST_CASE("an aio may be destroyed while an abort for it is on its way") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    other_thread elsewhere;
    {
        shared_operation operation(provider);
        counting_consumer consumer;
        operation.start_for(consumer);
        const lariat::aio_key key = operation.key();
        elsewhere.run([&] { operation.abort(key); });
    }

    at.run_until_idle();

    CHECK(provider.pending() == 0);
    CHECK(at.idle());
}

TEST_CASE("aborts from elsewhere race with operations that come and go") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    shared_operation operation(provider);
    counting_consumer consumer;
    std::atomic<std::uint32_t> generation{0};
    std::atomic<bool> over{false};
    std::thread elsewhere([&] {
        while (!over) operation.abort({.generation = generation.load(), .at = &at});
    });

    std::size_t succeeded = 0;
    for (std::size_t round = 0; round < 2000; ++round) {
        operation.start_for(consumer);
        generation = operation.key().generation;
        if (round % 2 == 0) provider.succeed();
        at.run_until([&] { return consumer.told() == round + 1; });
        succeeded += !operation.error();
    }
    over = true;
    elsewhere.join();

    CHECK(consumer.told() == 2000);
    CHECK(succeeded == 1000);
}
