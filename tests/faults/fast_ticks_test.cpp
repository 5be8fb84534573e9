#include <chrono>
#include <ostream>

#include <doctest/doctest.h>

#include "aio/op/multishot.hpp"
#include "aio/op/timeout.hpp"
#include "runtime/scheduler.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_CASE("a timer that ticked faster than the loop turned was never met by its cancel") {
    int heard = 0;
    auto body = [&]() -> io::task<> {
        for (const io::duration span : {1us, 5us, 20us, 100us, 1000us}) {
            io::multishot ticks(io::timeout{.span = span});
            for (int i = 0; i < 3; ++i) {
                const auto tick = co_await ticks.next();
                if (tick) ++heard;
            }
        }
    };

    for (int round = 0; round < 10; ++round) run_body(body);

    CHECK(heard == 10 * 5 * 3);
}

TEST_CASE("such a timer goes on ticking after it was begun anew") {
    int heard = 0;
    auto body = [&]() -> io::task<> {
        io::multishot ticks(io::timeout{.span = 20us});
        while (heard < 2000) {
            const auto tick = co_await ticks.next();
            if (!tick) co_return;
            ++heard;
        }
    };

    run_body(body);

    CHECK(heard == 2000);
}
