#include "aio/op/zero_copy.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/socket.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::copy_usage told(io::copy_usage usage) {
    return io::capabilities().since({6, 2}) ? usage : io::copy_usage::unknown;
}

}  // namespace

TEST_CASE("send_zero_copy: the entries ask for no copy, and a plain one when that is refused") {
    const std::string text = "text";
    const io::send_zero_copy call{.socket = 3, .buffer = text, .flags = MSG_MORE};
    const auto entry = prepared(call);
    const bool reports = io::capabilities().since({6, 2});
    CHECK((entry.opcode == IORING_OP_SEND_ZC && entry.fd == 3 && entry.len == 4));
    CHECK(entry.ioprio == (reports ? 8 : 0));
    CHECK(entry.msg_flags == (MSG_MORE | MSG_NOSIGNAL));

    CHECK(!call.other_way({4, 0}));
    CHECK(!call.other_way({-EPIPE, 0}));
    CHECK(call.other_way({-EOPNOTSUPP, 0}));
    CHECK(prepared(call).opcode == IORING_OP_SEND);
    CHECK(!call.other_way({-EOPNOTSUPP, 0}));

    const std::array<io::const_buffer_view, 1> views{text};
    const io::send_message_zero_copy message{
        .socket = 3, .buffers = views, .to = io::address::loopback(7)};
    const auto gathered = prepared(message);
    CHECK((gathered.opcode == IORING_OP_SENDMSG_ZC && gathered.ioprio == entry.ioprio));
    CHECK(gathered.addr == address_of(&message.header));
    CHECK(message.header.msg_name == message.to.data());
    CHECK(message.header.msg_iov->iov_base == text.data());
}

TEST_CASE("send_zero_copy: bytes arrive, and whether they were copied is told") {
    const auto ends = make_tcp_pair();
    auto body = [&]() -> io::task<> {
        const std::string text = "without a copy";
        const auto sent = co_await io::send_zero_copy{.socket = ends.first, .buffer = text};
        REQUIRE(sent);
        CHECK(sent->count == text.size());
        CHECK(sent->usage == told(io::copy_usage::copied));  // The loopback device copies.
        CHECK(taken_from(ends.second) == text);
        const std::array<io::const_buffer_view, 2> views{"two ", "parts"};
        const auto gathered =
            co_await io::send_message_zero_copy{.socket = ends.first, .buffers = views};
        REQUIRE(gathered);
        CHECK(gathered->count == 9);
        CHECK(taken_from(ends.second) == "two parts");
    };

    run_body(body);
}

TEST_CASE("send_zero_copy: registered memory is sent as it is") {
    const auto ends = make_tcp_pair();
    auto body = [&]() -> io::task<> {
        io::buffer_table table(1);
        std::string memory = "registered memory";
        const auto whole = table.add(memory);
        REQUIRE(whole);
        const auto sent = co_await io::send_zero_copy_fixed{.socket = ends.first,
                                                            .buffer = whole->view().first(10)};
        REQUIRE(sent);
        CHECK(sent->count == 10);
        CHECK(taken_from(ends.second) == "registered");
        const std::array<io::const_buffer_view, 2> views{
            io::const_buffer_view(memory.data() + 11, 6), io::const_buffer_view(memory.data(), 1)};
        const auto gathered = co_await io::send_message_zero_copy{
            .socket = ends.first, .buffers = views, .inside = whole->view()};
        REQUIRE(gathered);
        CHECK(taken_from(ends.second) == "memoryr");
    };

    run_body(body);
}

TEST_CASE("send_zero_copy: a socket that cannot sends plainly") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        const auto sent = co_await io::send_zero_copy{.socket = ends.first, .buffer = "unix"};
        REQUIRE(sent);
        CHECK(sent->count == 4);
        CHECK(sent->usage == io::copy_usage::copied);
        CHECK(taken_from(ends.second) == "unix");
    };

    run_body(body);
}

TEST_CASE("send_zero_copy: the memory is the kernel's until the network has let go of it") {
    auto ends = make_tcp_pair();
    const int small = 4096;
    ::setsockopt(ends.second.number(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    std::atomic<bool> let_go{false};
    // Nobody receives: what was sent is needed until the connection is reset.
    std::thread peer([&] {
        std::this_thread::sleep_for(50ms);
        let_go = true;
        ends.second = {};
    });
    auto body = [&]() -> io::task<> {
        // More than both sockets hold: it cannot be over by itself.
        std::vector<char> bytes(8U << 20, 'z');
        const auto late = co_await io::within(
            5ms, io::send_zero_copy{.socket = ends.first, .buffer = bytes, .flags = MSG_WAITALL});
        CHECK(let_go);
        const bool partly = late && late->count > 0 && late->count < bytes.size();
        CHECK((partly || late.error() == io::error::timed_out));
    };

    run_body(body);
    peer.join();
}

TEST_CASE("send_zero_copy: a peer that is gone is an error, and no signal") {
    auto ends = make_tcp_pair();
    const linger at_once{1, 0};
    ::setsockopt(ends.second.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ends.second = {};
    auto body = [&]() -> io::task<> {
        std::error_code why;
        for (int i = 0; i < 10 && !why; ++i) {
            const auto sent = co_await io::send_zero_copy{.socket = ends.first, .buffer = "x"};
            why = sent.error();
        }
        CHECK((why == std::errc::broken_pipe || why == std::errc::connection_reset));
        const auto nowhere = co_await io::send_zero_copy{.socket = -1, .buffer = "x"};
        CHECK(nowhere.error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}
