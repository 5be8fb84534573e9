#include "runtime/start_on.hpp"

#include <chrono>
#include <future>
#include <ostream>
#include <thread>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "runtime/worker_group.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<std::thread::id> where_am_i() { co_return std::this_thread::get_id(); }

}  // namespace

TEST_CASE("a task that waited for a future of start_on held the message back that it waited for") {
    io::worker_options one;
    one.workers = 1;
    io::worker_group group(one);
    auto body = [&]() -> io::task<> {
        for (int round = 0; round < 100; ++round) {
            // Meanwhile the worker falls asleep.
            (void)co_await io::nop{};
            auto future = io::start_on(group[0], where_am_i());
            const auto came = future.wait_for(10s);
            REQUIRE(came == std::future_status::ready);
            CHECK(future.get() != std::this_thread::get_id());
        }
    };

    run_body(body);
}
