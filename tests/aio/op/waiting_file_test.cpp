#include "aio/op/waiting_file.hpp"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/gave_up.hpp"
#include "aio/op/nop.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Somebody who shares the file does not want to wait.
void make_impatient(const io::descriptor& file) {
    const int flags = ::fcntl(file.number(), F_GETFL);
    REQUIRE(::fcntl(file.number(), F_SETFL, flags | O_NONBLOCK) == 0);
}

io::task<> some_turns() {
    for (int i = 0; i < 10; ++i) std::ignore = co_await io::nop{};
}

/// Lets an impatient pipe have no room. Returns: how much is in it.
std::size_t fill(const io::descriptor& writer) {
    const std::vector<char> much(1 << 20, 'x');
    const auto written = ::write(writer.number(), much.data(), much.size());
    REQUIRE(written > 0);
    return static_cast<std::size_t>(written);
}

io::task<> put_later(const io::descriptor& to, std::string text) {
    co_await some_turns();
    put(to, text);
}

}  // namespace

TEST_CASE("read_waiting: a read at the file's own position, and after EAGAIN a poll") {
    std::array<char, 4> buffer;
    const io::read_waiting call{.file = 3, .buffer = buffer};

    const auto first = prepared(call);
    const bool polls = call.other_way({-EAGAIN, 0});
    const auto second = prepared(call);
    const bool reads_again = call.other_way({POLLIN, 0});
    const auto third = prepared(call);

    CHECK(first.opcode == IORING_OP_READ);
    CHECK(first.fd == 3);
    CHECK(first.addr == address_of(buffer.data()));
    CHECK(first.len == 4);
    CHECK(first.off == UINT64_MAX);
    CHECK(is_clean(first));
    CHECK(polls);
    CHECK(second.opcode == IORING_OP_POLL_ADD);
    CHECK(second.fd == 3);
    CHECK(second.poll32_events == POLLIN);
    CHECK(is_clean(second));
    CHECK(reads_again);
    CHECK(third.opcode == IORING_OP_READ);
    CHECK_FALSE(call.other_way({2, 0}));
    CHECK_FALSE(call.other_way({-EIO, 0}));
}

TEST_CASE("read_waiting: a poll that is cancelled is the end") {
    std::array<char, 4> buffer;
    const io::read_waiting call{.file = 3, .buffer = buffer, .polls = true};

    CHECK_FALSE(call.other_way({-ECANCELED, 0}));
}

TEST_CASE("write_waiting: no signal by a flag, by a worker, or because there would be none") {
    const std::string text = "text";
    const io::write_waiting by_flag{.file = 3, .buffer = text};
    const io::write_waiting by_worker{
        .file = 3, .buffer = text, .how = io::write_waiting::hush::by_worker};
    const io::write_waiting patient{
        .file = 3, .buffer = text, .how = io::write_waiting::hush::by_patient_worker};
    const io::write_waiting needless{
        .file = 3, .buffer = text, .how = io::write_waiting::hush::needless};

    const auto flagged = prepared(by_flag);
    const auto worked = prepared(by_worker);
    const auto plain = prepared(needless);

    const bool may_try = io::capabilities().since({6, 4});
    if (may_try) {
        CHECK(worked.opcode == IORING_OP_WRITE);
        CHECK(worked.flags == IOSQE_ASYNC);
        CHECK(worked.rw_flags == RWF_NOWAIT);
        CHECK(worked.off == UINT64_MAX);
    } else {
        CHECK(worked.opcode == IORING_OP_POLL_ADD);
    }
    CHECK(is_clean(plain));
    CHECK(plain.rw_flags == 0);
    if (io::capabilities().since({6, 18})) {
        CHECK(is_clean(flagged));
        CHECK(flagged.rw_flags == io::kernel::rwf_nosignal);
        CHECK(by_flag.other_way({-EOPNOTSUPP, 0}));
        CHECK(prepared(by_flag).flags == IOSQE_ASYNC);
    } else if (may_try) {
        CHECK(flagged.flags == IOSQE_ASYNC);
    } else {
        CHECK(flagged.opcode == IORING_OP_POLL_ADD);
    }
    CHECK(by_worker.other_way({may_try ? -EOPNOTSUPP : POLLOUT, 0}));
    CHECK(prepared(by_worker).opcode == (may_try ? IORING_OP_POLL_ADD : IORING_OP_WRITE));
    CHECK(prepared(patient).opcode == IORING_OP_POLL_ADD);
    CHECK(patient.other_way({POLLOUT, 0}));
    CHECK(prepared(patient).flags == IOSQE_ASYNC);
    CHECK(prepared(patient).rw_flags == 0);
    CHECK_FALSE(patient.other_way({-EOPNOTSUPP, 0}));
    CHECK(prepared(patient).opcode == IORING_OP_POLL_ADD);
    CHECK_FALSE(patient.other_way({-ECANCELED, 0}));
    CHECK(prepared(patient).opcode == IORING_OP_POLL_ADD);
}

TEST_CASE("write_waiting: who waited in a worker as the process was stopped asks for room again") {
    const std::string text = "text";
    const io::write_waiting patient{
        .file = 3, .buffer = text, .how = io::write_waiting::hush::by_patient_worker};

    for (const int stopped : {-EINTR, -io::erestartsys}) {
        CHECK(prepared(patient).opcode == IORING_OP_POLL_ADD);
        CHECK(patient.other_way({POLLOUT, 0}));
        CHECK(prepared(patient).opcode == IORING_OP_WRITE);
        CHECK(patient.other_way({stopped, 0}));
    }
    CHECK(prepared(patient).opcode == IORING_OP_POLL_ADD);
}

TEST_CASE("empty buffers ask the file nothing") {
    const auto ends = make_pipe();

    CHECK(*answer(io::read_waiting{.file = ends.first, .buffer = {}}) == 0);
    CHECK(*answer(io::write_waiting{.file = ends.second, .buffer = {}}) == 0);
    CHECK(prepared(io::read_waiting{.file = 3, .buffer = {}}).opcode == IORING_OP_NOP);
}

TEST_CASE("a read of a file that somebody set O_NONBLOCK on waits, and leaves it set") {
    const auto ends = make_pipe();
    make_impatient(ends.first);
    std::array<char, 8> buffer;
    auto body = [&]() -> io::task<> {
        auto both = co_await io::when_all(io::read_waiting{.file = ends.first, .buffer = buffer},
                                          put_later(ends.second, "data"));
        CHECK(*std::get<0>(both) == 4);
        const auto late =
            co_await io::within(1ms, io::read_waiting{.file = ends.first, .buffer = buffer});
        const auto at_once =
            co_await io::within(0s, io::read_waiting{.file = ends.first, .buffer = buffer});
        auto race = co_await io::when_any(io::read_waiting{.file = ends.first, .buffer = buffer},
                                          some_turns());
        CHECK(late.error() == io::error::timed_out);
        CHECK(at_once.error() == io::error::timed_out);
        CHECK(race.get<0>().error() == io::error::canceled);
    };

    run_body(body);

    CHECK((::fcntl(ends.first.number(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK(::fcntl(ends.second.number(), F_GETFL) == O_WRONLY);
}

TEST_CASE("a write to a file that somebody set O_NONBLOCK on waits for room") {
    const auto ends = make_pipe();
    make_impatient(ends.second);
    const std::size_t inside = fill(ends.second);
    std::vector<char> room(inside + 1);
    auto body = [&]() -> io::task<> {
        const auto take_later = [&]() -> io::task<> {
            co_await some_turns();
            REQUIRE(::read(ends.first.number(), room.data(), inside) > 0);
        };
        const io::write_waiting call{.file = ends.second, .buffer = "late"};

        const auto late = co_await io::within(1ms, call);
        auto both = co_await io::when_all(call, take_later());

        CHECK(late.error() == io::error::timed_out);
        CHECK(*std::get<0>(both) == 4);
    };

    run_body(body);

    CHECK(inside > 0);
    CHECK(taken_from(ends.first) == "late");
}

TEST_CASE("a write to a pipe or a socket that nobody reads is broken_pipe, and no signal") {
    for (auto* make : {+[] { return make_pipe(); }, +[] { return make_socket_pair(); }}) {
        auto ends = make();
        ends.first = {};

        const auto by_flag = answer(io::write_waiting{.file = ends.second, .buffer = "x"});
        const auto by_worker = answer(io::write_waiting{
            .file = ends.second, .buffer = "x", .how = io::write_waiting::hush::by_worker});

        CHECK(by_flag.error() == std::errc::broken_pipe);
        CHECK(by_worker.error() == std::errc::broken_pipe);
    }
}
