#include "aio/op/poll.hpp"

#include <chrono>
#include <ostream>

#include <doctest/doctest.h>

#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_CASE("poll: the entry names the descriptor and the mask") {
    const auto entry = prepared(io::poll{.file = 7, .events = POLLIN | POLLPRI});

    CHECK(entry.opcode == IORING_OP_POLL_ADD);
    CHECK(entry.fd == 7);
    CHECK(entry.poll32_events == (POLLIN | POLLPRI));
    CHECK(entry.len == 0);
    CHECK(is_clean(entry));
}

TEST_CASE("poll: it yields what is there, of what was asked for") {
    const auto ends = make_socket_pair();
    put(ends.first, "x");

    const auto there = answer(io::poll{.file = ends.second, .events = POLLIN | POLLOUT});

    CHECK(*there == (POLLIN | POLLOUT));
}

TEST_CASE("poll: a pipe without a writer hangs up, unasked") {
    auto ends = make_pipe();
    ends.second = {};

    const auto there = answer(io::poll{.file = ends.first, .events = POLLIN});

    CHECK(*there == POLLHUP);
}

TEST_CASE("poll: a zero timeout tries once") {
    const auto ends = make_pipe();
    auto once = [&]() -> io::task<io::result<std::uint32_t>> {
        co_return co_await io::within(0s, io::poll{.file = ends.first});
    };

    const auto empty = run_body(once);
    put(ends.second, "x");
    const auto full = run_body(once);

    CHECK(empty.error() == io::error::timed_out);
    CHECK(full);
}

TEST_CASE("poll: a number that is not open is the kernel's error") {
    CHECK(answer(io::poll{.file = -1}).error() == std::errc::bad_file_descriptor);
}
