#include "aio/op/datagram.hpp"

#include <array>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;

TEST_CASE("receive_datagram: the header in the description has the buffer and the address") {
    std::array<char, 8> buffer;
    const io::receive_datagram call{.socket = 3, .buffer = buffer, .flags = MSG_PEEK};

    const auto entry = prepared(call);

    CHECK(entry.opcode == IORING_OP_RECVMSG);
    CHECK(entry.fd == 3);
    CHECK(entry.addr == address_of(&call.header));
    CHECK(entry.msg_flags == (MSG_PEEK | MSG_TRUNC));
    CHECK(is_clean(entry));
    CHECK(call.header.msg_iovlen == 1);
    CHECK(call.header.msg_iov->iov_base == buffer.data());
    CHECK(call.header.msg_iov->iov_len == 8);
    CHECK(call.header.msg_name == &call.sender.bytes);
    CHECK(call.header.msg_namelen == sizeof(sockaddr_storage));
    CHECK(call.header.msg_control == nullptr);
}

TEST_CASE("receive_datagram: what the kernel counts beyond the buffer is lost") {
    std::array<char, 8> buffer;
    const io::receive_datagram call{.socket = 3, .buffer = buffer};
    std::ignore = prepared(call);

    CHECK(call.value({5, 0}).count == 5);
    CHECK_FALSE(call.value({8, 0}).truncated());
    CHECK(call.value({9, 0}).count == 8);
    CHECK(call.value({9, 0}).lost == 1);
    CHECK(call.value({0, 0}).count == 0);
}

TEST_CASE("send_datagram: the header has an address only if there is one, and no SIGPIPE") {
    const std::string text = "text";
    const io::send_datagram connected{.socket = 3, .buffer = text};
    const io::send_datagram addressed{.socket = 3, .buffer = text, .to = io::address::loopback(80)};

    const auto entry = prepared(connected);
    const auto other = prepared(addressed);

    CHECK(entry.opcode == IORING_OP_SENDMSG);
    CHECK(entry.fd == 3);
    CHECK(entry.addr == address_of(&connected.header));
    CHECK(entry.msg_flags == MSG_NOSIGNAL);
    CHECK(is_clean(entry));
    CHECK(connected.header.msg_name == nullptr);
    CHECK(connected.header.msg_iov->iov_base == text.data());
    CHECK(connected.header.msg_iov->iov_len == 4);
    CHECK(other.addr == address_of(&addressed.header));
    CHECK(addressed.header.msg_name == addressed.to.data());
    CHECK(addressed.header.msg_namelen == sizeof(sockaddr_in));
}

TEST_CASE("a datagram from a unix socket without a name comes from nowhere") {
    const auto ends = make_socket_pair(SOCK_DGRAM);
    std::array<char, 4> buffer;

    const auto sent = answer(io::send_datagram{.socket = ends.first, .buffer = "hello"});
    const auto got = answer(io::receive_datagram{.socket = ends.second, .buffer = buffer});

    CHECK(sent);
    CHECK(got->count == 4);
    CHECK(got->lost == 1);
    CHECK(got->from == io::address());
}

TEST_CASE("a number that is not open is an error of either") {
    CHECK(answer(io::send_datagram{.socket = -1, .buffer = "x"}).error() ==
          std::errc::bad_file_descriptor);
    CHECK(answer(io::receive_datagram{.socket = -1, .buffer = {}}).error() ==
          std::errc::bad_file_descriptor);
}
