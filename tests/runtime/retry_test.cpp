#include "runtime/retry.hpp"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

/// Fails so many times, then succeeds.
struct flaky {
    int failures;
    int calls = 0;

    io::task<io::result<int>> call() {
        if (calls++ < failures) co_return std::make_error_code(std::errc::connection_refused);
        co_return calls;
    }
};

constexpr io::retry_options regular{.first = 10ms, .longest = 25ms, .jitter = 0};

}  // namespace

TEST_CASE("retry: what succeeds is called once; what fails, until it succeeds") {
    for (const int failures : {0, 1, 3}) {
        manual_home at;
        flaky service{failures};
        running all(at, io::retry(regular, &flaky::call, &service));
        at.run_until_idle();
        for (int i = 0; i < 10; ++i) at.advance(25ms);
        CHECK(all.take().value() == failures + 1);
    }
}

TEST_CASE("retry: pauses grow up to the longest one") {
    manual_home at;
    flaky service{100};
    std::vector<int> calls;

    running all(at, io::retry(regular, &flaky::call, &service));
    at.run_until_idle();
    for (int i = 0; i < 9; ++i) {
        calls.push_back(service.calls);
        at.advance(10ms);
    }

    // At 0, 10, 30, 55 and 80.
    CHECK(calls == std::vector<int>{1, 2, 2, 3, 3, 3, 4, 4, 5});
    CHECK(all.take().error() == std::errc::connection_refused);
    CHECK(service.calls == 5);
}

TEST_CASE("retry: chance shortens a pause by its share, and no more") {
    io::backoff pauses({.first = 100ms, .growth = 1, .jitter = 0.25});
    io::duration least = 1h, most = 0ns;
    for (int i = 0; i < 1000; ++i) {
        const auto pause = pauses.next();
        least = std::min(least, pause);
        most = std::max(most, pause);
    }
    CHECK(least >= 75ms);
    CHECK(most <= 100ms);
    CHECK(most - least > 20ms);
}

TEST_CASE("retry: an error that will not go away is the answer") {
    manual_home at;
    flaky service{100};
    auto how = regular;
    how.worthwhile = [](std::error_code why) { return why == std::errc::timed_out; };

    running all(at, io::retry(how, &flaky::call, &service));
    at.run_until_idle();

    CHECK(all.take().error() == std::errc::connection_refused);
    CHECK(service.calls == 1);
}

TEST_CASE("retry: a cancel ends a pause, and nothing is called after it") {
    manual_home at;
    flaky service{100};

    running all(at, io::retry(regular, &flaky::call, &service));
    at.run_until_idle();
    all.cancel(make_error_code(io::error::stopped));
    at.run_until_idle();

    CHECK(all.take().error() == io::error::stopped);
    CHECK(service.calls == 1);
}

TEST_CASE("retry: a transfer that fails is tried again") {
    manual_home at;
    int calls = 0;
    auto sends = [&]() -> io::task<io::transfer> {
        const bool fails = calls++ == 0;
        if (fails) co_return {std::make_error_code(std::errc::connection_reset), 2};
        co_return 5;
    };
    running all(at, io::retry(regular, sends));
    at.run_until_idle();
    at.advance(10ms);

    CHECK(*all.take() == 5);
    CHECK(calls == 2);
}

TEST_CASE("retry: a cancelled pause tells how far the last call came") {
    manual_home at;
    auto sends = []() -> io::task<io::transfer> {
        co_return {std::make_error_code(std::errc::connection_reset), 2};
    };
    auto limited = [&]() -> io::task<io::transfer> {
        co_return co_await io::within(5ms, io::retry(regular, sends));
    };
    running all(at, limited());
    at.run_until_idle();
    at.advance(5ms);

    const io::transfer told = all.take();
    CHECK(told.error() == io::error::timed_out);
    CHECK(told.count() == 2);
}

TEST_CASE("retry: an exception is no failure to be tried again") {
    manual_home at;
    int calls = 0;
    auto throws = [&]() -> io::task<io::result<void>> {
        ++calls;
        throw std::runtime_error("broken");
        co_return {};
    };

    running all(at, io::retry(regular, throws));
    at.run_until_idle();

    CHECK_THROWS_AS((void)all.take(), std::runtime_error);
    CHECK(calls == 1);
}
