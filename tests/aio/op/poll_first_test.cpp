#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <tuple>

#include <doctest/doctest.h>

#include "aio/op/datagram.hpp"
#include "aio/op/message.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/socket.hpp"
#include "aio/op/zero_copy.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/when_all.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/pooled_text.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

bool polls_first(const io_uring_sqe& entry) { return entry.ioprio & IORING_RECVSEND_POLL_FIRST; }

}  // namespace

TEST_CASE("poll_first: the entry of every receive says so, and nothing else besides") {
    std::array<char, 4> bytes;
    const std::array<io::buffer_view, 1> views{bytes};

    const auto whole = prepared(io::receive{.socket = 3, .buffer = bytes, .poll_first = true});
    const auto message =
        prepared(io::receive_message{.socket = 3, .buffers = views, .poll_first = true});
    const auto scattered =
        prepared(io::receive_scattered{.socket = 3, .buffers = views, .poll_first = true});
    const auto datagram =
        prepared(io::receive_datagram{.socket = 3, .buffer = bytes, .poll_first = true});

    for (const auto& entry : {whole, message, scattered, datagram}) {
        CHECK(entry.ioprio == IORING_RECVSEND_POLL_FIRST);
        CHECK(entry.fd == 3);
    }
}

TEST_CASE("poll_first: the entry of every send says so, also of one without a copy") {
    std::array<char, 4> bytes;
    const std::array<io::const_buffer_view, 1> views{bytes};

    const auto whole = prepared(io::send{.socket = 3, .buffer = bytes, .poll_first = true});
    const auto message =
        prepared(io::send_message{.socket = 3, .buffers = views, .poll_first = true});
    const auto gathered =
        prepared(io::send_gathered{.socket = 3, .buffers = views, .poll_first = true});
    const auto datagram =
        prepared(io::send_datagram{.socket = 3, .buffer = bytes, .poll_first = true});
    const auto uncopied =
        prepared(io::send_zero_copy{.socket = 3, .buffer = bytes, .poll_first = true});
    const auto fixed =
        prepared(io::send_zero_copy_fixed{.socket = 3, .buffer = {}, .poll_first = true});
    const auto uncopied_message =
        prepared(io::send_message_zero_copy{.socket = 3, .buffers = views, .poll_first = true});

    for (const auto& entry : {whole, message, gathered, datagram})
        CHECK(entry.ioprio == IORING_RECVSEND_POLL_FIRST);
    for (const auto& entry : {uncopied, fixed, uncopied_message}) CHECK(polls_first(entry));
    CHECK((fixed.ioprio & IORING_RECVSEND_FIXED_BUF) != 0);
}

TEST_CASE("poll_first: an accept says so where the kernel knows it, also as a multishot") {
    const bool known = io::capabilities().since({6, 10});
    const unsigned hint = known ? io::kernel::accept_poll_first : 0U;

    const auto once = prepared(io::accept{.socket = 3, .poll_first = true});
    const auto with_address = prepared(io::accept_from{.socket = 3, .poll_first = true});
    const auto many = prepared_multishot(io::accept{.socket = 3, .poll_first = true});

    CHECK(once.ioprio == hint);
    CHECK(with_address.ioprio == hint);
    CHECK(many.ioprio == (hint | IORING_ACCEPT_MULTISHOT));
}

TEST_CASE("poll_first: what is there already is received, and what comes later") {
    const auto ends = make_socket_pair();
    std::array<char, 16> early;
    std::array<char, 16> late;
    put(ends.first, "early");
    auto body = [&]() -> io::task<> {
        const auto got =
            co_await io::receive{.socket = ends.second, .buffer = early, .poll_first = true};
        REQUIRE(got);
        CHECK(std::string(early.data(), *got) == "early");
        const auto [waited, sent] = co_await io::when_all(
            io::receive{.socket = ends.second, .buffer = late, .poll_first = true},
            io::send{.socket = ends.first, .buffer = "late", .poll_first = true});
        CHECK(*sent == 4);
        REQUIRE(waited);
        CHECK(std::string(late.data(), *waited) == "late");
    };

    run_body(body);
}

TEST_CASE("poll_first: a multishot that polls first misses nothing") {
    const auto ends = make_socket_pair();
    put(ends.first, "before ");
    auto body = [&]() -> io::task<std::string> {
        io::buffer_pool pool({.buffers = 4, .size = 64});
        received all(io::receive_pooled{.socket = ends.second, .pool = pool, .poll_first = true});
        const auto first = co_await all.next();
        put(ends.first, "after");
        co_return text_of(*first) + co_await all_that_comes(all);
    };

    CHECK(run_body(body) == "before after");
}

TEST_CASE("poll_first: a peer that waits is accepted, and one that comes later") {
    const auto door = listening();
    const auto where = address_of_socket(door);
    const auto early = client_of(where);
    auto body = [&]() -> io::task<> {
        const auto first = co_await io::accept{.socket = door, .poll_first = true};
        CHECK(first);
        const auto late = new_tcp_socket();
        const auto [second, connected] =
            co_await io::when_all(io::accept_from{.socket = door, .poll_first = true},
                                  io::connect{.socket = late, .address = where});
        CHECK(second);
        CHECK(connected);
    };

    run_body(body);
}
