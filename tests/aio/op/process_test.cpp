#include "aio/op/process.hpp"

#include <unistd.h>

#include <chrono>
#include <ostream>

#include <doctest/doctest.h>

#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/prepared.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

bool known_here() {
    const bool known = io::waitid::supported(*io::scheduler().kernel());
    if (!known) MESSAGE("skipped: this kernel has no waitid in io_uring");
    return known;
}

/// A child that ends when its standard input does, or at once.
struct child {
    explicit child(bool waits) : input(make_pipe()), pid(::fork()) {
        if (pid == 0) {
            ::close(input.second.number());
            char byte;
            if (waits && ::read(input.first.number(), &byte, 1) != 0) ::_exit(1);
            ::_exit(42);
        }
    }

    two_ends input;
    pid_t pid;
};

io::waitid for_child(const child& whom, int options = WEXITED) {
    return {.type = P_PID, .id = static_cast<id_t>(whom.pid), .options = options};
}

}  // namespace

TEST_CASE("waitid: the entry has who, how, and where the answer goes") {
    const io::waitid call{.type = P_PID, .id = 77, .options = WEXITED | WNOWAIT};
    const auto entry = prepared(call);

    CHECK((entry.opcode == 50 && entry.fd == 77 && entry.len == P_PID));
    CHECK(entry.addr2 == address_of(&call.storage));
    CHECK(entry.file_index == (WEXITED | WNOWAIT));
    CHECK((entry.addr == 0 && entry.rw_flags == 0 && entry.flags == 0));
}

TEST_CASE("waitid: it yields how a child ended") {
    if (!known_here()) return;
    const child one(false);

    const auto ended = answer(for_child(one));

    REQUIRE(ended);
    CHECK(ended->si_pid == one.pid);
    CHECK(ended->si_code == CLD_EXITED);
    CHECK(ended->si_status == 42);
    CHECK(answer(for_child(one)).error() == std::errc::no_child_process);
}

TEST_CASE("waitid: after a deadline the child can still be waited for") {
    if (!known_here()) return;
    child one(true);
    auto limited = [&]() -> io::task<io::result<siginfo_t>> {
        const auto call = for_child(one);
        co_return co_await io::within(5ms, call);
    };

    CHECK(run_body(limited).error() == io::error::timed_out);
    CHECK(answer(for_child(one, WEXITED | WNOHANG))->si_pid == 0);
    one.input.second = {};
    CHECK(answer(for_child(one))->si_status == 42);
}
