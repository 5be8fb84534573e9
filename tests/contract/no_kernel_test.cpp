#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <ostream>

#include <doctest/doctest.h>

namespace {

constexpr unsigned io_uring_setup_number = 425;  // The same on every architecture.

/// From before the first test on, whoever asks for a ring is killed.
const bool refused = [] {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, io_uring_setup_number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{sizeof program / sizeof *program, program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}();

}  // namespace

TEST_CASE("the contract's tests make no io_uring_setup call: it would end the process") {
    if (!refused) {
        MESSAGE("skipped: this kernel has no seccomp filters");
        return;
    }

    const pid_t child = fork();
    if (child == 0) {
        syscall(io_uring_setup_number, 1, nullptr);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);

    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSYS);
}
