#include "aio/op/timeout.hpp"

#include <chrono>
#include <ostream>

#include <doctest/doctest.h>

#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

using namespace std::chrono_literals;
using lariat::timeout;

TEST_CASE("timeout: the entry points to the span, in seconds and nanoseconds") {
    const timeout call{.span = 2s + 3ns};

    const auto entry = prepared(call);

    CHECK(entry.opcode == IORING_OP_TIMEOUT);
    CHECK(entry.addr == address_of(&call.storage));
    CHECK(entry.len == 1);
    CHECK(entry.off == 0);
    CHECK(entry.timeout_flags == 0);
    CHECK(call.storage.seconds == 2);
    CHECK(call.storage.nanoseconds == 3);
    CHECK(is_clean(entry));
}

TEST_CASE("timeout: as a multishot it ticks without end, or for 10 ms where spans are short") {
    const auto ticks = [](lariat::duration span) {
        const timeout call{.span = span};
        io_uring_sqe entry{};
        call.prepare_multishot(entry);
        CHECK(entry.timeout_flags == 64);
        return entry.off;
    };

    CHECK(ticks(1s) == 0);
    CHECK(ticks(100us) == 0);
    CHECK(ticks(50us) == 200);
    CHECK(ticks(1ns) == 10'000);
    CHECK(ticks(0ns) == 10'000);
}

TEST_CASE("timeout: that the time has passed is a success") {
    const auto start = std::chrono::steady_clock::now();

    const auto passed = answer(timeout{.span = 2ms});

    CHECK(passed);
    CHECK((std::chrono::steady_clock::now() - start >= 2ms));
}

TEST_CASE("timeout: a span of zero passes, and a negative one is the kernel's error") {
    CHECK(answer(timeout{}));
    CHECK(answer(timeout{.span = -1s}).error() == std::errc::invalid_argument);
}

TEST_CASE("timeout: cancelled, it ends with the reason") {
    auto body = []() -> lariat::task<std::error_code> {
        const auto ended = co_await lariat::when_any(timeout{}, timeout{.span = 1h});
        co_return std::get<1>(ended.results).error();
    };

    CHECK(run_body(body) == lariat::error::canceled);
}

TEST_CASE("timeout: a deadline ends it with timed_out") {
    auto body = []() -> lariat::task<std::error_code> {
        const auto ended = co_await lariat::within(1ms, timeout{.span = 1h});
        co_return ended.error();
    };

    CHECK(run_body(body) == lariat::error::timed_out);
}
