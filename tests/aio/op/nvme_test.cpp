#include "aio/op/nvme.hpp"

#include <fcntl.h>
#include <liburing.h>
#include <sys/ioctl.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <ostream>

#include <doctest/doctest.h>

#include "runtime/scheduler.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;

namespace {

constexpr const char* drive = "/dev/nvme0";

using page = std::array<std::byte, 4096>;

template <class Body>
auto run_wide(Body& body) {
    io::scheduler_options options;
    options.ring.wide = true;
    return io::run(body(), options);
}

/// IDENTIFY of the controller: 4096 bytes.
template <class Command>
Command identify(page& answer) {
    Command command{};
    command.opcode = 0x06;
    command.addr = reinterpret_cast<std::uint64_t>(answer.data());
    command.data_len = std::tuple_size_v<page>;
    command.cdw10 = 1;
    return command;
}

}  // namespace

TEST_CASE("nvme_command: the command is at the end of the entry and in its second half") {
    // As long as a wide entry, and full of what another operation left.
    alignas(io_uring_sqe) std::array<std::byte, 2 * sizeof(io_uring_sqe)> bytes;
    bytes.fill(std::byte{0xff});
    auto& entry = *reinterpret_cast<io_uring_sqe*>(bytes.data());
    nvme_uring_cmd command{};
    command.opcode = 0x02;
    command.nsid = 7;
    command.addr = 0x1000;
    command.data_len = 4096;
    command.cdw10 = 11;
    command.cdw15 = 0xabcdef01;
    command.timeout_ms = 500;
    const io::nvme_command call{.file = 5, .command = command, .queue = io::nvme_queue::io_vector};

    call.prepare(entry);

    CHECK((entry.opcode == IORING_OP_URING_CMD && entry.fd == 5));
    CHECK(entry.cmd_op == NVME_URING_CMD_IO_VEC);
    CHECK((entry.flags == 0 && entry.ioprio == 0 && entry.buf_index == 0));
    CHECK((entry.addr == 0 && entry.len == 0));
    CHECK(std::memcmp(bytes.data() + 48, &command, sizeof command) == 0);
    CHECK(bytes[48 + sizeof command] == std::byte{0xff});
}

TEST_CASE("nvme_command: each queue has its own number") {
    const auto number_of = [](io::nvme_queue queue) {
        std::array<io_uring_sqe, 2> entry{};
        const io::nvme_command call{.file = 5, .queue = queue};
        call.prepare(entry[0]);
        return entry[0].cmd_op;
    };
    CHECK(number_of(io::nvme_queue::io) == NVME_URING_CMD_IO);
    CHECK(number_of(io::nvme_queue::io_vector) == NVME_URING_CMD_IO_VEC);
    CHECK(number_of(io::nvme_queue::control) == NVME_URING_CMD_ADMIN);
    CHECK(number_of(io::nvme_queue::control_vector) == NVME_URING_CMD_ADMIN_VEC);
}

TEST_CASE("nvme_command: without a wide ring it is refused, and nothing is written past an entry") {
    const auto file = io::descriptor::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
    auto body = [&]() -> io::task<> {
        const auto refused = co_await io::nvme_command{.file = file};
        CHECK(refused.error() == std::errc::function_not_supported);
    };

    run_body(body);
}

TEST_CASE("nvme_command: what is no drive says so") {
    const auto file = io::descriptor::adopt(::open("/dev/zero", O_RDWR | O_CLOEXEC));
    auto body = [&]() -> io::task<> {
        const auto refused = co_await io::nvme_command{.file = file};
        CHECK(refused.error() == std::errc::operation_not_supported);
    };

    run_wide(body);
}

TEST_CASE("nvme_command: a drive describes itself as it does to ioctl(2)") {
    const auto file = io::descriptor::adopt(::open(drive, O_RDONLY | O_CLOEXEC));
    if (!file) {
        MESSAGE("skipped: there is no NVMe drive /dev/nvme0");
        return;
    }
    page expected{};
    auto by_ioctl = identify<nvme_admin_cmd>(expected);
    REQUIRE(::ioctl(file.number(), NVME_IOCTL_ADMIN_CMD, &by_ioctl) == 0);
    page told{};
    auto body = [&]() -> io::task<> {
        const auto answer = co_await io::nvme_command{.file = file,
                                                      .command = identify<nvme_uring_cmd>(told),
                                                      .queue = io::nvme_queue::control};
        CHECK(answer->status == 0);
    };

    run_wide(body);

    CHECK(told == expected);
}
