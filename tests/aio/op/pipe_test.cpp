#include "aio/op/pipe.hpp"

#include <sys/resource.h>

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_CASE("pipe, splice and tee: the entries have descriptors, offsets, size and flags") {
    const io::pipe both{.flags = O_NONBLOCK};
    const auto ends = prepared(both);
    const auto moved = prepared(
        io::splice{.from = 3, .to = 4, .size = 99, .from_offset = 7, .flags = SPLICE_F_MORE});
    const auto copied = prepared(io::tee{.from = 3, .to = 4, .size = std::size_t{1} << 40});

    CHECK((ends.opcode == 62 && ends.addr == address_of(both.storage)));
    CHECK(ends.rw_flags == (O_NONBLOCK | O_CLOEXEC));
    CHECK((moved.opcode == IORING_OP_SPLICE && moved.fd == 4 && moved.splice_fd_in == 3));
    CHECK((moved.splice_off_in == 7 && moved.off == UINT64_MAX && moved.len == 99));
    CHECK(moved.splice_flags == SPLICE_F_MORE);
    CHECK((copied.opcode == IORING_OP_TEE && copied.fd == 4 && copied.splice_fd_in == 3));
    CHECK(copied.len == 0x7fffffff);
}

TEST_CASE("pipe: what is written at one end is read at the other, and nobody's ends are closed") {
    const auto open_before = open_descriptors();
    {
        const auto ends = answer(io::pipe{});
        REQUIRE(ends);
        put(ends->writer, "through");
        CHECK(taken_from(ends->reader) == "through");
        CHECK(closes_on_exec(ends->reader));
        CHECK(closes_on_exec(ends->writer));
        CHECK(answer(io::pipe{.flags = -1}).error() == std::errc::invalid_argument);
        const io::pipe by_system_call{};
        REQUIRE(by_system_call.fallback().result == 0);
        const auto others = by_system_call.value({});
        put(others.writer, "too");
        CHECK(taken_from(others.reader) == "too");
    }

    CHECK(open_descriptors() == open_before);
}

TEST_CASE("pipe: without two descriptors to spare it fails, and none is left open") {
    const auto open_before = open_descriptors();
    auto body = []() -> io::task<std::error_code> {
        rlimit before{};
        ::getrlimit(RLIMIT_NOFILE, &before);
        const auto lowest_free = static_cast<rlim_t>(make_pipe().first.number());
        const rlimit one{lowest_free + 1, before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &one);
        const auto ends = co_await io::pipe{};
        ::setrlimit(RLIMIT_NOFILE, &before);
        co_return ends.error();
    };

    CHECK(run_body(body) == std::errc::too_many_files_open);
    CHECK(open_descriptors() == open_before);
}

TEST_CASE("splice: bytes move from a file through a pipe to a file") {
    const scratch place;
    const auto from = made(place.file(), "0123456789");
    const auto to = made(place.path() / "other");
    const auto ends = make_pipe();

    const auto in =
        answer(io::splice{.from = from, .to = ends.second, .size = 4, .from_offset = 2});
    const auto out = answer(io::splice{.from = ends.first, .to = to, .size = 100, .to_offset = 0});

    CHECK(*in == 4);
    CHECK(*out == 4);
    REQUIRE(::lseek(to.number(), 0, SEEK_SET) == 0);
    CHECK(taken_from(to) == "2345");
}

TEST_CASE("tee: both pipes have it then") {
    const auto from = make_pipe();
    const auto to = make_pipe();
    put(from.second, "twice");

    const auto copied = answer(io::tee{.from = from.first, .to = to.second, .size = 100});

    CHECK(*copied == 5);
    CHECK(taken_from(from.first) == "twice");
    CHECK(taken_from(to.first) == "twice");
}

TEST_CASE("splice and tee: a wait for an empty pipe ends with its deadline") {
    const auto from = make_pipe();
    const auto to = make_pipe();
    const auto limited = [](auto call) -> io::task<io::result<std::size_t>> {
        const auto moved = co_await io::within(5ms, call);
        co_return moved;
    };

    CHECK(io::run(limited(io::splice{.from = from.first, .to = to.second, .size = 1})).error() ==
          io::error::timed_out);
    CHECK(io::run(limited(io::tee{.from = from.first, .to = to.second, .size = 1})).error() ==
          io::error::timed_out);
}

TEST_CASE("splice and tee: what is no pipe is the kernel's error") {
    const scratch place;
    const auto file = made(place.file(), "0123456789");

    CHECK(answer(io::splice{.from = file, .to = file, .size = 1}).error() ==
          std::errc::invalid_argument);
    CHECK(answer(io::tee{.from = file, .to = file, .size = 1}).error() ==
          std::errc::invalid_argument);
}
