#include "aio/op/message.hpp"

#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Ancillary data of one descriptor.
struct one_descriptor {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> bytes{};

    explicit one_descriptor(int number) {
        cmsghdr head{};
        head.cmsg_level = SOL_SOCKET;
        head.cmsg_type = SCM_RIGHTS;
        head.cmsg_len = CMSG_LEN(sizeof number);
        std::memcpy(bytes.data(), &head, sizeof head);
        std::memcpy(bytes.data() + CMSG_LEN(0), &number, sizeof number);
    }
};

}  // namespace

TEST_CASE("receive_message: the header in the description has buffers, address, ancillary data") {
    std::array<char, 3> one;
    std::array<char, 4> other;
    const std::array<io::buffer_view, 2> into{one, other};
    alignas(cmsghdr) std::array<std::byte, 64> ancillary;
    const io::receive_message call{
        .socket = 3, .buffers = into, .ancillary = ancillary, .flags = MSG_PEEK};

    const auto entry = prepared(call);

    CHECK(entry.opcode == IORING_OP_RECVMSG);
    CHECK(entry.fd == 3);
    CHECK(entry.addr == address_of(&call.header));
    CHECK(entry.len == 1);
    CHECK(entry.msg_flags == (MSG_PEEK | MSG_CMSG_CLOEXEC));
    CHECK(is_clean(entry));
    CHECK(call.header.msg_iovlen == 2);
    CHECK(call.header.msg_iov[1].iov_base == other.data());
    CHECK(call.header.msg_control == ancillary.data());
    CHECK(call.header.msg_controllen == 64);
    CHECK(call.header.msg_name == &call.sender.bytes);
    CHECK(call.header.msg_namelen == sizeof(sockaddr_storage));
}

TEST_CASE("send_message: the header has an address only if there is one, and no SIGPIPE") {
    const std::string text = "text";
    const std::array<io::const_buffer_view, 1> from{text};
    const io::send_message connected{.socket = 3, .buffers = from};
    const io::send_message addressed{.socket = 3, .buffers = from, .to = io::address::loopback(80)};

    const auto entry = prepared(connected);
    const auto other = prepared(addressed);

    CHECK(entry.opcode == IORING_OP_SENDMSG);
    CHECK(entry.fd == 3);
    CHECK(entry.addr == address_of(&connected.header));
    CHECK(entry.msg_flags == MSG_NOSIGNAL);
    CHECK(is_clean(entry));
    CHECK(connected.header.msg_name == nullptr);
    CHECK(connected.header.msg_namelen == 0);
    CHECK(connected.header.msg_control == nullptr);
    CHECK(connected.header.msg_iov[0].iov_base == text.data());
    CHECK(other.addr == address_of(&addressed.header));
    CHECK(addressed.header.msg_name == addressed.to.data());
    CHECK(addressed.header.msg_namelen == sizeof(sockaddr_in));
}

TEST_CASE("receive_scattered and send_gathered: the header has the buffers and nothing else") {
    std::array<char, 3> one;
    std::array<char, 4> other;
    const std::array<io::buffer_view, 2> into{one, other};
    const std::array<io::const_buffer_view, 2> from{one, other};
    const io::receive_scattered receiving{.socket = 3, .buffers = into};
    const io::send_gathered sending{.socket = 3, .buffers = from};

    const auto in = prepared(receiving);
    const auto out = prepared(sending);

    CHECK(in.opcode == IORING_OP_RECVMSG);
    CHECK(in.addr == address_of(&receiving.header));
    CHECK(in.msg_flags == 0);
    CHECK(is_clean(in));
    CHECK(receiving.header.msg_iovlen == 2);
    CHECK(receiving.header.msg_iov[1].iov_base == other.data());
    CHECK(out.opcode == IORING_OP_SENDMSG);
    CHECK(out.addr == address_of(&sending.header));
    CHECK(out.msg_flags == MSG_NOSIGNAL);
    CHECK(is_clean(out));
    CHECK(sending.header.msg_iovlen == 2);
    CHECK(sending.header.msg_iov[0].iov_base == one.data());
    for (const msghdr& header : {receiving.header, sending.header}) {
        CHECK(header.msg_name == nullptr);
        CHECK(header.msg_control == nullptr);
    }
}

TEST_CASE("receive_scattered: without room in its buffers it asks the kernel for nothing") {
    const std::array<io::buffer_view, 2> none{};
    std::array<char, 1> byte;
    const std::array<io::buffer_view, 2> some{io::buffer_view(), byte};

    CHECK(prepared(io::receive_scattered{.socket = 3, .buffers = none}).opcode == IORING_OP_NOP);
    CHECK(prepared(io::receive_scattered{.socket = 3, .buffers = some}).opcode ==
          IORING_OP_RECVMSG);
    CHECK(prepared(io::receive_scattered{.socket = 3, .buffers = none, .flags = MSG_PEEK}).opcode ==
          IORING_OP_RECVMSG);
}

TEST_CASE("what is gathered from several buffers is scattered into several") {
    const auto ends = make_tcp_pair();
    const std::array<io::const_buffer_view, 3> from{
        io::const_buffer_view("hello, "), io::const_buffer_view(), io::const_buffer_view("world")};
    std::array<char, 5> head;
    std::array<char, 16> tail;
    const std::array<io::buffer_view, 2> into{head, tail};

    const auto sent = answer(io::send_gathered{.socket = ends.first, .buffers = from});
    const auto got = answer(io::receive_scattered{.socket = ends.second, .buffers = into});

    CHECK(*sent == 12);
    CHECK(*got == 12);
    CHECK(std::string(head.data(), 5) + std::string(tail.data(), 7) == "hello, world");
}

TEST_CASE("a datagram is gathered, sent to an address, scattered, and says who sent it") {
    const auto mine = bound_datagram_socket();
    const auto theirs = bound_datagram_socket();
    const std::array<io::const_buffer_view, 2> from{io::const_buffer_view("hello, "),
                                                    io::const_buffer_view("world")};
    std::array<char, 5> head;
    std::array<char, 16> tail;
    const std::array<io::buffer_view, 2> into{head, tail};

    const auto sent =
        answer(io::send_message{.socket = mine, .buffers = from, .to = address_of_socket(theirs)});
    const auto got = answer(io::receive_message{.socket = theirs, .buffers = into});

    CHECK(*sent == 12);
    REQUIRE(got);
    CHECK(got->count == 12);
    CHECK(got->from == address_of_socket(mine));
    CHECK_FALSE(got->truncated());
    CHECK(got->ancillary == 0);
    CHECK(std::string(head.data(), 5) + std::string(tail.data(), 7) == "hello, world");
}

TEST_CASE("a datagram that has no room says that it was truncated") {
    const auto ends = make_socket_pair(SOCK_DGRAM);
    put(ends.first, "longer than three");
    std::array<char, 3> buffer;
    const std::array<io::buffer_view, 1> into{buffer};

    const auto got = answer(io::receive_message{.socket = ends.second, .buffers = into});

    CHECK(got->count == 3);
    CHECK(got->truncated());
    CHECK(got->from == io::address());
}

TEST_CASE("descriptors travel as ancillary data and close on exec") {
    const auto ends = make_socket_pair();
    const auto passed = make_pipe();
    const one_descriptor rights(passed.second.number());
    one_descriptor arrived(-1);
    std::array<char, 1> byte;
    const std::array<io::const_buffer_view, 1> from{io::const_buffer_view("x")};
    const std::array<io::buffer_view, 1> into{byte};

    const auto sent =
        answer(io::send_message{.socket = ends.first, .buffers = from, .ancillary = rights.bytes});
    const auto got = answer(
        io::receive_message{.socket = ends.second, .buffers = into, .ancillary = arrived.bytes});

    REQUIRE(sent);
    REQUIRE(got);
    CHECK(got->ancillary == CMSG_SPACE(sizeof(int)));
    CHECK_FALSE(got->ancillary_truncated());
    CHECK(got->flags == 0);
    int number = -1;
    std::memcpy(&number, arrived.bytes.data() + CMSG_LEN(0), sizeof number);
    const auto copy = io::descriptor::adopt(number);
    CHECK(closes_on_exec(copy));
    put(copy, "through");
    CHECK(taken_from(passed.first) == "through");
}

TEST_CASE("more buffers than the kernel takes, and no address, are its errors") {
    const auto ends = make_socket_pair();
    const auto unconnected = bound_datagram_socket();
    const std::vector<io::buffer_view> many(1025);
    const std::array<io::const_buffer_view, 1> from{io::const_buffer_view("x")};

    CHECK(answer(io::receive_message{.socket = ends.first, .buffers = many}).error() ==
          std::errc::message_size);
    CHECK(answer(io::send_message{.socket = unconnected, .buffers = from}).error() ==
          std::errc::destination_address_required);
    CHECK(answer(io::send_message{.socket = -1, .buffers = from}).error() ==
          std::errc::bad_file_descriptor);
}

TEST_CASE("receive_message without room in its buffers waits for a message all the same") {
    const auto ends = make_socket_pair(SOCK_DGRAM);
    auto body = [&]() -> io::task<> {
        const auto silent =
            co_await io::within(1ms, io::receive_message{.socket = ends.second, .buffers = {}});
        put(ends.first, "lost");
        const auto got = co_await io::receive_message{.socket = ends.second, .buffers = {}};
        CHECK(silent.error() == io::error::timed_out);
        CHECK(got->count == 0);
        CHECK(got->truncated());
    };

    run_body(body);
}
