#include "aio/op/device.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <ostream>

#include <doctest/doctest.h>

#include "runtime/capabilities.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/aio/op/scratch.hpp"

namespace io = lariat;

TEST_CASE("device_command: the entry has the command and, at its end, the payload") {
    std::array<std::byte, 16> payload;
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = std::byte(i + 1);
    const auto entry =
        prepared(io::device_command{.file = 5, .command = 0x1234, .payload = payload});

    CHECK((entry.opcode == IORING_OP_URING_CMD && entry.fd == 5 && entry.cmd_op == 0x1234));
    CHECK(std::memcmp(reinterpret_cast<const char*>(&entry) + 48, payload.data(), 16) == 0);
    CHECK((entry.addr == 0 && entry.len == 0));
}

TEST_CASE("device_command: what has commands answers, what has none says so") {
    const auto socket =
        io::descriptor::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP));
    const scratch place;
    const auto file = made(place.file());
    auto body = [&]() -> io::task<> {
        const auto none = co_await io::device_command{.file = file, .command = 0};
        CHECK(none.error() == std::errc::operation_not_supported);
        if (!io::capabilities().since({6, 7})) {
            MESSAGE("skipped: this kernel's sockets have no commands");
            co_return;
        }
        const auto unread = co_await io::device_command{.file = socket, .command = 0};
        CHECK(*unread == 0);
        const auto unknown = co_await io::device_command{.file = socket, .command = 9999};
        CHECK(unknown.error() == std::errc::operation_not_supported);
    };

    run_body(body);
}
