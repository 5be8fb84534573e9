#include <array>
#include <chrono>
#include <ostream>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/shield.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto timed_out = make_error_code(io::error::timed_out);
const auto stopped = make_error_code(io::error::stopped);

using outcome = io::result<std::size_t>;

io::task<outcome> operation(io::time_limit limit, io::receive call) {
    co_return co_await io::within(limit, call);
}

io::task<outcome> plain(io::receive call) { co_return co_await call; }

io::task<outcome> whole_task(io::time_limit limit, io::receive call) {
    co_return co_await io::within(limit, plain(call));
}

using limited = io::task<outcome> (*)(io::time_limit, io::receive);
constexpr limited both_kinds[] = {operation, whole_task};

std::vector<io::time_limit> past_limits() {
    const auto now = io::clock::system().now();
    return {0ns, -1s, now, now - 1h};
}

io::task<outcome> noted(std::error_code& seen, io::task<outcome> body) {
    auto got = co_await std::move(body);
    seen = got.error();
    co_return got;
}

}  // namespace

TEST_CASE("limits that have passed try once: what has arrived is received") {
    const auto pair = make_socket_pair();
    std::array<char, 8> buffer;
    const io::receive call{.socket = pair.first, .buffer = buffer};
    for (const limited wait : both_kinds) {
        for (const auto limit : past_limits()) {
            const auto nothing = io::run(wait(limit, call));
            put(pair.second, "data");
            const auto data = io::run(wait(limit, call));

            CHECK(nothing.error() == timed_out);
            REQUIRE(data);
            CHECK(*data == 4);
        }
    }
}

TEST_CASE("short limits end an operation of the kernel and a task, and nothing is lost by it") {
    const auto pair = make_socket_pair();
    std::array<char, 8> buffer;
    const io::receive call{.socket = pair.first, .buffer = buffer};
    for (const limited wait : both_kinds) {
        for (const io::duration limit : {1ns, 10'000ns, 1'000'000ns})
            CHECK(io::run(wait(limit, call)).error() == timed_out);
    }

    put(pair.second, "data");
    CHECK(*io::run(plain(call)) == 4);
}

TEST_CASE("a limit in the far future does not end an operation of the kernel") {
    const auto pair = make_socket_pair();
    std::array<char, 8> buffer;
    const io::receive call{.socket = pair.first, .buffer = buffer};
    const io::time_limit limits[] = {io::forever, io::never, std::chrono::hours::max()};
    for (const limited wait : both_kinds) {
        for (const auto limit : limits) {
            auto writes = [&]() -> io::task<> {
                (void)co_await io::nop{};
                put(pair.second, "data");
            };
            auto body = [&]() -> io::task<outcome> {
                auto both = co_await io::when_all(wait(limit, call), writes());
                co_return std::get<0>(both);
            };

            CHECK(*io::run(body()) == 4);
        }
    }
}

TEST_CASE("of nested limits on the kernel only the one whose time ran out says timed_out") {
    const auto pair = make_socket_pair();
    std::array<char, 8> buffer;
    const io::receive call{.socket = pair.first, .buffer = buffer};
    for (const limited wait : both_kinds) {
        for (const bool outer_is_shorter : {false, true}) {
            std::error_code inner;
            auto body = [&]() -> io::task<outcome> {
                co_return co_await io::within(
                    outer_is_shorter ? 1ms : 1h,
                    noted(inner, wait(outer_is_shorter ? 1h : 1ms, call)));
            };

            const auto end = io::run(body());

            CHECK(inner == (outer_is_shorter ? canceled : timed_out));
            CHECK(end.error() == timed_out);
        }
    }
}

TEST_CASE("shutdown ends operations of the kernel with stopped, under limits and in races") {
    const auto pair = make_socket_pair();
    std::array<char, 8> buffer;
    const io::receive call{.socket = pair.first, .buffer = buffer};
    io::scheduler loop;
    std::error_code shielded;
    auto stops = [&]() -> io::task<> {
        (void)co_await io::nop{};
        loop.stop();
    };
    auto race = [&]() -> io::task<std::error_code> {
        auto any = co_await io::when_any(call, call);
        co_return any.get<0>().error() == stopped ? any.get<1>().error() : canceled;
    };
    auto body = [&]() -> io::task<std::vector<std::error_code>> {
        auto all = co_await io::when_all(operation(1h, call), whole_task(1h, call), plain(call),
                                         race(), stops());
        shielded = (co_await io::shield(io::within(1ms, call))).error();
        co_return std::vector{std::get<0>(all).error(), std::get<1>(all).error(),
                              std::get<2>(all).error(), std::get<3>(all)};
    };

    const auto ends = loop.run(body());

    CHECK(ends == std::vector{stopped, stopped, stopped, stopped});
    CHECK(shielded == timed_out);
}
