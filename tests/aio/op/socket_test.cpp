#include "aio/op/socket.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "runtime/kernel_abi.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

const io::address anywhere = io::address::loopback(0);

io::address bound_address(const io::descriptor& socket) {
    io::address_storage storage;
    auto* const bytes = reinterpret_cast<sockaddr*>(&storage.bytes);
    REQUIRE(::getsockname(socket.number(), bytes, &storage.size) == 0);
    return storage.read();
}

io::descriptor listening() {
    auto socket = io::descriptor::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(socket.number(), anywhere.data(), anywhere.size()) == 0);
    REQUIRE(::listen(socket.number(), 8) == 0);
    return socket;
}

}  // namespace

TEST_CASE("socket: the entry has family, type, protocol, and always close-on-exec") {
    const auto entry = prepared(io::socket{
        .family = io::address_family::v6, .type = io::socket_type::datagram, .protocol = 17});

    CHECK(entry.opcode == IORING_OP_SOCKET);
    CHECK(entry.fd == AF_INET6);
    CHECK(entry.off == (SOCK_DGRAM | SOCK_CLOEXEC));
    CHECK(entry.len == 17);
    CHECK(entry.rw_flags == 0);
    CHECK(is_clean(entry));
}

TEST_CASE("bind and connect: the entry points to the address in the description") {
    const io::bind binding{.socket = 3, .address = io::address::loopback(80)};
    const io::connect connecting{.socket = 4, .address = io::address::loopback_v6(80)};

    const auto bound = prepared(binding);
    const auto connected = prepared(connecting);

    CHECK(bound.opcode == io::kernel::op_bind);
    CHECK(bound.fd == 3);
    CHECK(bound.addr == address_of(binding.address.data()));
    CHECK(bound.off == sizeof(sockaddr_in));
    CHECK(bound.len == 0);
    CHECK(is_clean(bound));
    CHECK(connected.opcode == IORING_OP_CONNECT);
    CHECK(connected.fd == 4);
    CHECK(connected.addr == address_of(connecting.address.data()));
    CHECK(connected.off == sizeof(sockaddr_in6));
    CHECK(is_clean(connected));
}

TEST_CASE("listen: the entry has the backlog") {
    const auto entry = prepared(io::listen{.socket = 3, .backlog = 9});

    CHECK(entry.opcode == io::kernel::op_listen);
    CHECK(entry.fd == 3);
    CHECK(entry.len == 9);
    CHECK(entry.addr == 0);
    CHECK(is_clean(entry));
}

TEST_CASE("accept: the entry asks for close-on-exec, and for the address if it is wanted") {
    const io::accept_from call{.socket = 5};

    const auto plain = prepared(io::accept{.socket = 4});
    const auto with_address = prepared(call);

    CHECK(plain.opcode == IORING_OP_ACCEPT);
    CHECK(plain.fd == 4);
    CHECK(plain.accept_flags == SOCK_CLOEXEC);
    CHECK(plain.addr == 0);
    CHECK(plain.addr2 == 0);
    CHECK(is_clean(plain));
    CHECK(with_address.fd == 5);
    CHECK(with_address.addr == address_of(&call.storage.bytes));
    CHECK(with_address.addr2 == address_of(&call.storage.size));
    CHECK(is_clean(with_address));
}

TEST_CASE("shutdown: the entry has the direction") {
    const auto entry = prepared(io::shutdown{.socket = 3, .direction = io::direction::send});

    CHECK(entry.opcode == IORING_OP_SHUTDOWN);
    CHECK(entry.fd == 3);
    CHECK(entry.len == SHUT_WR);
    CHECK(is_clean(entry));
}

TEST_CASE("receive and send: the entry has buffer, size and flags, and never raises SIGPIPE") {
    std::array<char, 10> buffer;

    const auto in = prepared(io::receive{.socket = 3, .buffer = buffer, .flags = MSG_PEEK});
    const auto out = prepared(io::send{.socket = 4, .buffer = buffer, .flags = MSG_MORE});

    CHECK(in.opcode == IORING_OP_RECV);
    CHECK(in.fd == 3);
    CHECK(in.addr == address_of(buffer.data()));
    CHECK(in.len == 10);
    CHECK(in.msg_flags == MSG_PEEK);
    CHECK(is_clean(in));
    CHECK(out.opcode == IORING_OP_SEND);
    CHECK(out.fd == 4);
    CHECK(out.addr == address_of(buffer.data()));
    CHECK(out.len == 10);
    CHECK(out.msg_flags == (MSG_MORE | MSG_NOSIGNAL));
    CHECK(is_clean(out));
}

TEST_CASE("a connection is made, accepted with its address, and closes on exec") {
    auto body = []() -> io::task<> {
        auto door = co_await io::socket{};
        REQUIRE(door);
        const auto bound = co_await io::bind{.socket = *door, .address = anywhere};
        REQUIRE(bound);
        const auto listens = co_await io::listen{.socket = *door};
        REQUIRE(listens);
        auto mine = co_await io::socket{};

        auto both =
            co_await io::when_all(io::accept_from{.socket = *door},
                                  io::connect{.socket = *mine, .address = bound_address(*door)});

        auto& peer = std::get<0>(both);
        REQUIRE(peer);
        CHECK(std::get<1>(both));
        CHECK(peer->peer == bound_address(*mine));
        CHECK(closes_on_exec(*door));
        CHECK(closes_on_exec(peer->socket));
    };

    run_body(body);
}

TEST_CASE("an accepted descriptor that nobody takes is closed") {
    const auto door = listening();
    const auto mine = io::descriptor::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto where = bound_address(door);
    REQUIRE(::connect(mine.number(), where.data(), where.size()) == 0);

    {
        const auto dropped = answer(io::accept{.socket = door});
    }

    CHECK(taken_from(mine).empty());
}

TEST_CASE("without bind and listen in the kernel the system calls do the same") {
    const auto socket = io::descriptor::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

    const auto bound = io::bind{.socket = socket, .address = anywhere}.fallback();
    const auto again = io::bind{.socket = socket, .address = anywhere}.fallback();
    const auto listens = io::listen{.socket = socket}.fallback();
    const auto on_nothing = io::listen{.socket = -1}.fallback();

    CHECK(bound.result == 0);
    CHECK(bound_address(socket).port() != 0);
    CHECK(again.result == -EINVAL);
    CHECK(listens.result == 0);
    CHECK(on_nothing.result == -EBADF);
}

TEST_CASE("a refused connection and arguments that make no sense are the kernel's errors") {
    const auto socket = io::descriptor::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto door = listening();
    const auto where = bound_address(door);
    door = {};
    std::array<char, 1> byte;

    const auto refused = answer(io::connect{.socket = socket, .address = where});

    CHECK(refused.error() == std::errc::connection_refused);
    CHECK(answer(io::socket{.type = io::socket_type(99)}).error() == std::errc::invalid_argument);
    CHECK(answer(io::bind{.socket = socket, .address = {}}).error() == std::errc::invalid_argument);
    CHECK(answer(io::connect{.socket = socket, .address = {}}).error() ==
          std::errc::invalid_argument);
    CHECK(answer(io::accept{.socket = socket}).error() == std::errc::invalid_argument);
    CHECK(answer(io::listen{.socket = -1}).error() == std::errc::bad_file_descriptor);
    CHECK(answer(io::shutdown{.socket = socket}).error() == std::errc::not_connected);
    CHECK(answer(io::receive{.socket = 0, .buffer = byte}).error() == std::errc::not_a_socket);
    CHECK(answer(io::send{.socket = -1, .buffer = byte}).error() == std::errc::bad_file_descriptor);
}

TEST_CASE("receive yields what was sent, and 0 after the peer has shut down its side") {
    const auto ends = make_socket_pair();
    std::array<char, 16> buffer;

    const auto sent = answer(io::send{.socket = ends.first, .buffer = "hello"});
    const auto ended = answer(io::shutdown{.socket = ends.first, .direction = io::direction::send});
    const auto got = answer(io::receive{.socket = ends.second, .buffer = buffer});
    const auto end = answer(io::receive{.socket = ends.second, .buffer = buffer});

    CHECK(*sent == 5);
    CHECK(ended);
    CHECK(std::string(buffer.data(), *got) == "hello");
    CHECK(*end == 0);
}

TEST_CASE("an empty receive yields 0 at once, takes nothing, and is not the end") {
    const auto stream = make_socket_pair();
    const auto packets = make_socket_pair(SOCK_SEQPACKET);
    put(packets.first, "packet");
    std::array<char, 16> buffer;

    const auto of_silent_peer = answer(io::receive{.socket = stream.second, .buffer = {}});
    const auto of_packets = answer(io::receive{.socket = packets.second, .buffer = {}});
    const auto next_size =
        answer(io::receive{.socket = packets.second, .buffer = {}, .flags = MSG_PEEK | MSG_TRUNC});
    const auto packet = answer(io::receive{.socket = packets.second, .buffer = buffer});

    CHECK(*of_silent_peer == 0);
    CHECK(*of_packets == 0);
    CHECK(*next_size == 6);
    CHECK(*packet == 6);
}

TEST_CASE("an empty send moves nothing on a stream, and is a packet on a datagram socket") {
    const auto stream = make_socket_pair();
    const auto packets = make_socket_pair(SOCK_DGRAM);
    std::array<char, 16> buffer;

    CHECK(*answer(io::send{.socket = stream.first, .buffer = {}}) == 0);
    CHECK(*answer(io::send{.socket = packets.first, .buffer = {}}) == 0);
    CHECK(*answer(io::receive{.socket = packets.second, .buffer = buffer}) == 0);
}

TEST_CASE("a send to a peer that is gone is an error and no signal") {
    auto ends = make_socket_pair();
    ends.second = {};
    const auto before = ::signal(SIGPIPE, SIG_DFL);

    const auto sent = answer(io::send{.socket = ends.first, .buffer = "x"});

    CHECK(sent.error() == std::errc::broken_pipe);
    ::signal(SIGPIPE, before);
}

TEST_CASE("a cancelled receive took nothing: the next one gets the data") {
    const auto ends = make_socket_pair();
    std::array<char, 16> buffer;
    auto body = [&]() -> io::task<std::error_code> {
        const auto late =
            co_await io::within(1ms, io::receive{.socket = ends.second, .buffer = buffer});
        put(ends.first, "data");
        const auto got = co_await io::receive{.socket = ends.second, .buffer = buffer};
        CHECK(*got == 4);
        co_return late.error();
    };

    CHECK(run_body(body) == io::error::timed_out);
}

TEST_CASE("a zero timeout receives what is there, and times out when nothing is") {
    const auto ends = make_socket_pair();
    std::array<char, 16> buffer;
    auto once = [&]() -> io::task<io::result<std::size_t>> {
        co_return co_await io::within(0s, io::receive{.socket = ends.second, .buffer = buffer});
    };

    const auto empty = run_body(once);
    put(ends.first, "data");
    const auto full = run_body(once);

    CHECK(empty.error() == io::error::timed_out);
    CHECK(*full == 4);
}

TEST_CASE("data beats cancel: a receive that got its bytes keeps them though it lost the race") {
    const auto one = make_socket_pair();
    const auto other = make_socket_pair();
    put(one.first, "one");
    put(other.first, "other");
    std::array<char, 16> first;
    std::array<char, 16> second;
    auto body = [&]() -> io::task<> {
        auto race = co_await io::when_any(io::receive{.socket = one.second, .buffer = first},
                                          io::receive{.socket = other.second, .buffer = second});
        const auto a = race.get<0>() ? *race.get<0>() : 0;
        const auto b = race.get<1>() ? *race.get<1>() : 0;
        put(one.first, ".");
        put(other.first, ".");
        const auto c = co_await io::receive{.socket = one.second, .buffer = first};
        const auto d = co_await io::receive{.socket = other.second, .buffer = second};
        CHECK(a + *c == 4);
        CHECK(b + *d == 6);
        CHECK(a + b >= 3);
    };

    run_body(body);
}

TEST_CASE("a shutdown ends a pending receive with 0") {
    const auto ends = make_socket_pair();
    std::array<char, 16> buffer;
    auto body = [&]() -> io::task<> {
        const auto both =
            co_await io::when_all(io::receive{.socket = ends.second, .buffer = buffer},
                                  io::shutdown{.socket = ends.second});
        CHECK(*std::get<0>(both) == 0);
        CHECK(std::get<1>(both));
    };

    run_body(body);
}
