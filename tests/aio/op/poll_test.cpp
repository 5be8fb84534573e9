#include "aio/op/poll.hpp"

#include <array>
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

TEST_CASE("epoll: the entries have instance, file, operation and events") {
    const io::epoll_control control{.epoll = 7,
                                    .file = 8,
                                    .operation = EPOLL_CTL_MOD,
                                    .event = {.events = EPOLLIN, .data = {}}};
    std::array<epoll_event, 5> events;
    const auto changed = prepared(control);
    const auto waiting = prepared(io::epoll_wait{.epoll = 7, .events = events});

    CHECK((changed.opcode == IORING_OP_EPOLL_CTL && changed.fd == 7 && changed.off == 8));
    CHECK((changed.len == EPOLL_CTL_MOD && changed.addr == address_of(&control.event)));
    CHECK((waiting.opcode == 59 && waiting.fd == 7 && waiting.len == 5 && waiting.off == 0));
    CHECK(waiting.addr == address_of(events.data()));
    for (const auto& entry : {changed, waiting}) CHECK(is_clean(entry));
}

TEST_CASE("epoll: what is added is heard of, and a wait ends with its deadline") {
    const auto instance = io::descriptor::adopt(::epoll_create1(EPOLL_CLOEXEC));
    const auto ends = make_pipe();
    std::array<epoll_event, 5> events{};
    REQUIRE(answer(io::epoll_control{
        .epoll = instance, .file = ends.first, .event = {.events = EPOLLIN, .data = {.u32 = 77}}}));
    CHECK(answer(io::epoll_control{.epoll = instance, .file = ends.first}).error() ==
          std::errc::file_exists);
    if (!io::epoll_wait::supported(*io::scheduler().kernel())) {
        MESSAGE("skipped: this kernel has no epoll_wait in io_uring");
        return;
    }
    auto limited = [&]() -> io::task<io::result<std::size_t>> {
        const io::epoll_wait call{.epoll = instance, .events = events};
        co_return co_await io::within(2ms, call);
    };

    CHECK(run_body(limited).error() == io::error::timed_out);
    put(ends.second, "x");

    CHECK(*run_body(limited) == 1);
    const std::uint32_t named = events[0].data.u32;  // A packed field has no reference.
    CHECK(named == 77);
}
