#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <ostream>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "runtime/available.hpp"
#include "runtime/scheduler.hpp"

namespace io = lariat;

namespace {

/// Runs `work` in a child. Returns: what it said; empty when it died.
template <class Work>
std::string said_by_child(Work work) {
    int ends[2];
    if (::pipe(ends) != 0) return {};
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        const std::string said = work();
        const ssize_t written = ::write(ends[1], said.data(), said.size());
        ::_exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
    }
    ::close(ends[1]);
    std::string said;
    char part[512];
    for (ssize_t got; (got = ::read(ends[0], part, sizeof part)) > 0;)
        said.append(part, static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? said : std::string();
}

/// From here on io_uring_setup fails with `error` in this process.
bool refuse_io_uring(int error) {
    const std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{program.size(), const_cast<sock_filter*>(program.data())};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

io::task<bool> one_nop() { co_return (co_await io::nop{}).has_value(); }

/// Returns: what starting a scheduler says; "started" when it starts.
std::string attempt(io::scheduler_options options = {}) {
    try {
        return io::run(one_nop(), options) ? "started" : "a nop failed";
    } catch (const std::system_error& error) {
        return error.what();
    }
}

void limit(int resource, rlim_t value) {
    const rlimit both{value, value};
    ::setrlimit(static_cast<__rlimit_resource_t>(resource), &both);
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("where io_uring can be used, available says so") {
    const io::availability here = io::available();

    CHECK(here.usable);
    CHECK(here.reason.empty());
}

TEST_CASE("a kernel that hides io_uring is named at the start, and the process goes on") {
    const std::string said = said_by_child([] {
        if (!refuse_io_uring(ENOSYS)) return std::string("no filter");
        return attempt() + '|' + io::available().reason;
    });

    CHECK(contains(said, "seccomp"));
    CHECK(contains(said, "io_uring_setup"));
    CHECK(contains(said, "|io_uring: "));
}

TEST_CASE("a filter that forbids io_uring is named at the start") {
    const std::string said = said_by_child([] {
        if (!refuse_io_uring(EPERM)) return std::string("no filter");
        return attempt() + '|' + io::available().reason;
    });

    CHECK(contains(said, "refused by a seccomp filter"));
    CHECK(contains(said, "|io_uring: refused"));
}

TEST_CASE("exhausted descriptors are named at the start") {
    const std::string said = said_by_child([] {
        limit(RLIMIT_NOFILE, 3);
        return attempt();
    });

    CHECK(contains(said, "RLIMIT_NOFILE"));
}

TEST_CASE("two thousand schedulers in a row fit into one MiB of locked memory") {
    const std::string said = said_by_child([] {
        limit(RLIMIT_MEMLOCK, 1 << 20);
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return std::string("not root");
        // A ring that does not fit shows that the limit is in force here.
        io::scheduler_options oversized;
        oversized.ring = {.entries = 32768, .completions = 65536};
        std::string refused;
        try {
            io::scheduler loop(oversized);
            refused = "a ring of " + std::to_string(loop.kernel()->entries()) + " entries";
        } catch (const std::system_error& error) {
            refused = error.what();
        }
        int started = 0;
        for (int round = 0; round < 2000; ++round) started += attempt() == "started";
        return refused + '|' + std::to_string(started);
    });

    INFO(said);
    if (said == "not root") {
        MESSAGE("skipped: only root can drop its uid");
        return;
    }
    CHECK_FALSE(contains(said, "a ring of 32768 entries"));
    CHECK(contains(said, "|2000"));
}

TEST_CASE("without any locked memory the start fails and names RLIMIT_MEMLOCK") {
    const std::string said = said_by_child([] {
        limit(RLIMIT_MEMLOCK, 0);
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return std::string("not root");
        return attempt();
    });

    if (said == "not root") {
        MESSAGE("skipped: only root can drop its uid");
        return;
    }
    CHECK(contains(said, "RLIMIT_MEMLOCK"));
}
