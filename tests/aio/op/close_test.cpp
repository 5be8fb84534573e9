#include "aio/op/close.hpp"

#include <chrono>
#include <ostream>
#include <tuple>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/poll.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_CASE("close: the entry names the descriptor") {
    const auto entry = prepared(io::close{.file = 7});

    CHECK(entry.opcode == IORING_OP_CLOSE);
    CHECK(entry.fd == 7);
    CHECK(entry.addr == 0);
    CHECK(entry.len == 0);
    CHECK(is_clean(entry));
}

TEST_CASE("close: the number is closed, and one that is not open is the kernel's error") {
    auto ends = make_pipe();
    const int number = ends.first.number();

    const auto closed = answer(io::close{.file = ends.first.release()});

    CHECK(closed);
    CHECK_FALSE(is_open(number));
    CHECK(answer(io::close{.file = -1}).error() == std::errc::bad_file_descriptor);
}

TEST_CASE("close: a task that was cancelled before closes all the same") {
    auto ends = make_pipe();
    const int number = ends.first.number();
    io::result<void> closed = io::error::stopped;
    auto loser = [&]() -> io::task<> {
        std::ignore = co_await io::poll{.file = ends.first};
        closed = co_await io::close{.file = ends.first.release()};
    };
    auto body = [&]() -> io::task<> { std::ignore = co_await io::when_any(io::nop{}, loser()); };

    run_body(body);

    CHECK(closed);
    CHECK_FALSE(is_open(number));
}

TEST_CASE("close: a deadline does not end it") {
    auto ends = make_pipe();
    const int number = ends.first.number();
    auto body = [&]() -> io::task<io::result<void>> {
        co_return co_await io::within(0s, io::close{.file = ends.first.release()});
    };

    CHECK(run_body(body));
    CHECK_FALSE(is_open(number));
}
