#include "aio/op/socket_option.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <ostream>
#include <span>

#include <doctest/doctest.h>

#include "aio/op/direct.hpp"
#include "aio/op/socket.hpp"
#include "runtime/capabilities.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;

namespace {

bool commands_here() { return io::capabilities().since({6, 7}); }

}  // namespace

TEST_CASE("socket options: the entries have command, level, option, memory and size") {
    int value = 0;
    const auto ask = prepared(io::get_option{.socket = 5,
                                             .level = SOL_SOCKET,
                                             .option = SO_ERROR,
                                             .value_into = {&value, sizeof value}});
    CHECK((ask.opcode == IORING_OP_URING_CMD && ask.fd == 5 && ask.cmd_op == 2));
    CHECK(ask.addr == (SOL_SOCKET | static_cast<std::uint64_t>(SO_ERROR) << 32));
    CHECK((ask.file_index == 4 && ask.addr3 == address_of(&value)));
    const auto tell = prepared(io::set_option{.socket = 5,
                                              .level = IPPROTO_TCP,
                                              .option = TCP_NODELAY,
                                              .value_from = {&value, sizeof value}});
    CHECK((tell.cmd_op == 3 && tell.file_index == 4 && tell.addr3 == address_of(&value)));
    CHECK(prepared(io::unread_bytes{.socket = 5}).cmd_op == 0);
    CHECK(prepared(io::unsent_bytes{.socket = 5}).cmd_op == 1);
    CHECK(prepared(io::unread_bytes{.socket = 5}).opcode == IORING_OP_URING_CMD);
}

TEST_CASE("socket options: they are set and read, of any level") {
    auto body = []() -> io::task<> {
        const auto socket = co_await io::socket{};
        REQUIRE(socket);
        const int on = 1;
        for (const auto& [level, option] :
             {std::pair{SOL_SOCKET, SO_REUSEADDR}, std::pair{int{IPPROTO_TCP}, TCP_NODELAY}}) {
            const auto set = co_await io::set_option{.socket = *socket,
                                                     .level = level,
                                                     .option = option,
                                                     .value_from = {&on, sizeof on}};
            CHECK(set);
            int value = 0;
            const auto size = co_await io::get_option{.socket = *socket,
                                                      .level = level,
                                                      .option = option,
                                                      .value_into = {&value, sizeof value}};
            CHECK(*size == sizeof value);
            CHECK(value == 1);
        }
        const auto unknown = co_await io::set_option{
            .socket = *socket, .level = SOL_SOCKET, .option = 9999, .value_from = "none"};
        CHECK(unknown.error() == std::errc::no_protocol_option);
        const auto nowhere = co_await io::set_option{
            .socket = -1, .level = SOL_SOCKET, .option = SO_REUSEADDR, .value_from = "x"};
        CHECK(nowhere.error() == std::errc::bad_file_descriptor);
    };

    run_body(body);
}

TEST_CASE("socket options: bytes that wait on either side are counted") {
    const auto ends = make_socket_pair();
    auto body = [&]() -> io::task<> {
        const auto none = co_await io::unread_bytes{.socket = ends.first};
        CHECK(*none == 0);
        put(ends.second, "seven..");
        const auto unread = co_await io::unread_bytes{.socket = ends.first};
        CHECK(*unread == 7);
        const auto unsent = co_await io::unsent_bytes{.socket = ends.second};
        CHECK(*unsent >= 7);  // A unix socket counts its own memory too.
        CHECK(taken_from(ends.first) == "seven..");
        const auto sent = co_await io::unsent_bytes{.socket = ends.second};
        CHECK(*sent == 0);
    };

    run_body(body);
}

TEST_CASE("socket options: a direct socket has them too, where the kernel has commands") {
    auto body = []() -> io::task<> {
        io::direct_table table(1);
        const auto socket = co_await io::socket{.into = &table};
        REQUIRE(socket);
        const int on = 1;
        const auto set = co_await io::set_option{.socket = *socket,
                                                 .level = IPPROTO_TCP,
                                                 .option = TCP_NODELAY,
                                                 .value_from = {&on, sizeof on}};
        if (!commands_here()) {
            CHECK(set.error() == std::errc::bad_file_descriptor);
            co_return;
        }
        CHECK(set);
        int type = 0;
        const auto size = co_await io::get_option{.socket = *socket,
                                                  .level = SOL_SOCKET,
                                                  .option = SO_TYPE,
                                                  .value_into = {&type, sizeof type}};
        CHECK(size);
        CHECK(type == SOCK_STREAM);
        const auto other = co_await io::get_option{.socket = *socket,
                                                   .level = IPPROTO_TCP,
                                                   .option = TCP_NODELAY,
                                                   .value_into = {&type, sizeof type}};
        CHECK(other.error() == std::errc::operation_not_supported);
        const auto unread = co_await io::unread_bytes{.socket = *socket};
        const auto unsent = co_await io::unsent_bytes{.socket = *socket};
        CHECK(!unread.error());
        CHECK(!unsent.error());
    };

    run_body(body);
}
