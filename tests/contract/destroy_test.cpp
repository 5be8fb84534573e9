#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/when_all.hpp"
#include "tests/contract/plain_aio.hpp"
#include "tests/dies_with.hpp"

using namespace lariat::testing;
using lariat::task;

TEST_CASE("destroying an aio cancels its pending operation and waits for its provider") {
    manual_home at;
    for (const auto place : {fake_place::at_home, fake_place::elsewhere}) {
        for (const auto kind :
             {fake_kind::accepts_at_once, fake_kind::accepts_later, fake_kind::declines}) {
            fake_provider provider(at, kind, place);
            counting_consumer consumer;
            {
                fake_operation operation(provider);
                operation.start_for(consumer);
            }

            at.run_until_idle();

            CHECK(provider.asked().size() == 1);
            CHECK(provider.finished() == 1);
            CHECK(consumer.told() == 0);
        }
    }
}

TEST_CASE("destroying a suspended task cancels its operation and resumes nobody") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation operation(provider);
    bool resumed = false;
    const auto body = [](fake_operation& inner, bool& went_on) -> task<> {
        (void)co_await inner;
        went_on = true;
    };
    {
        running wait(at, body(operation, resumed));
        at.run_until_idle();
        REQUIRE(provider.pending() == 1);
    }

    at.run_until_idle();

    CHECK(provider.pending() == 0);
    CHECK(!resumed);
}

TEST_CASE("an operation may outlive the task that awaited it") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    for (int round = 0; round < 2; ++round) {
        auto wait = std::make_unique<running<count_result>>(at, wait_for(operation));
        at.run_until_idle();
        provider.succeed();
        at.run_until_idle();
        CHECK(*wait->take() == 1);
    }

    CHECK(!operation.in_progress());
    CHECK(operation.line() == nullptr);
}

TEST_CASE("destroying a task whose operation finished but was not resumed is safe") {
    manual_home at;
    for (const auto place : {fake_place::at_home, fake_place::elsewhere}) {
        fake_provider provider(at, fake_kind::accepts_at_once, place);
        {
            fake_operation operation(provider);
            running wait(at, wait_for(operation));
            at.run_until_idle();
            provider.succeed();
        }

        at.run_until_idle();

        CHECK(provider.finished() == 1);
        CHECK(at.pending() == 0);
    }
}

TEST_CASE("destroying a tree inside when_all cancels every operation first") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation one(provider);
    fake_operation two(provider);
    const auto body = [](fake_operation& left, fake_operation& right) -> task<> {
        auto both = co_await lariat::when_all(wait_for(left), right);
        (void)both;
    };
    {
        running tree(at, body(one, two));
        at.run_until_idle();
        REQUIRE(provider.pending() == 2);
    }

    CHECK(provider.asked().size() == 2);
    CHECK(provider.pending() == 0);
}

TEST_CASE("destroying an aio inside a cancel function is caught") {
    const bool caught = dies_with("destroyed inside", [] {
        manual_home at;
        fake_provider provider(at, fake_kind::accepts_later);
        counting_consumer consumer;
        std::optional<fake_operation> victim(std::in_place, provider);
        plain_aio operation;
        victim->start_for(consumer);
        operation.begin_for(consumer);
        const lariat::cancel_function destroys = [](lariat::aio&, void* whom,
                                                    std::error_code) noexcept {
            static_cast<std::optional<fake_operation>*>(whom)->reset();
        };
        if (operation.defer(destroys, &victim)) operation.abort();
    });

    CHECK(caught);
}
