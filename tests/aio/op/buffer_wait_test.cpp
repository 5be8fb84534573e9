#include "aio/op/buffer_wait.hpp"

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/pooled.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_CASE("buffer_wait: ends when a buffer comes back, one wait for each, in their order") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 2, .size = 1});
        CHECK(co_await io::buffer_wait{.pool = pool});
        put(ends.second, "ab");
        std::vector<io::pooled_buffer> held;
        for (int i = 0; i < 2; ++i)
            held.push_back(*co_await io::receive_pooled{.socket = ends.first, .pool = pool});
        std::string order;
        auto waiting = [&](char name) -> io::task<> {
            if (co_await io::buffer_wait{.pool = pool}) order += name;
        };
        io::task_scope waits;
        for (const char name : {'1', '2', '3'}) waits.spawn(waiting, name);
        (void)co_await io::sleep_for(1ms);
        CHECK(order.empty());
        held.pop_back();
        co_await io::yield();
        CHECK(order == "1");
        held.pop_back();
        co_await io::yield();
        CHECK(order == "12");
        waits.cancel();
        co_await waits.join();
        CHECK(order == "12");
    };

    run_body(body);
}

TEST_CASE("buffer_wait: has deadlines, and leaves the next one's turn alone when it is late") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_pool pool({.buffers = 1, .size = 1});
        put(ends.second, "a");
        auto held = co_await io::receive_pooled{.socket = ends.first, .pool = pool};
        bool came = false;
        auto patient = [&]() -> io::task<> { came = bool(co_await io::buffer_wait{.pool = pool}); };
        const auto late = co_await io::within(1ms, io::buffer_wait{.pool = pool});
        io::task_scope waits;
        waits.spawn(patient);
        const auto at_once = co_await io::within(0s, io::buffer_wait{.pool = pool});
        CHECK(late.error() == io::error::timed_out);
        CHECK(at_once.error() == io::error::timed_out);
        held = io::pooled_buffer();
        co_await waits.join();
        CHECK(came);
    };

    run_body(body);
}
