#pragma once

#include <signal.h>
#include <sys/wait.h>

#include "aio/op/operation.hpp"

namespace lariat {

/// Waits for a child process to change its state.
/// Returns: what waitid(2) tells: `si_pid`, `si_code` such as CLD_EXITED, `si_status`; with
/// WNOHANG and no change, a `si_pid` of 0.
/// Errors: no_child_process; invalid_argument; canceled, timed_out, after which the child can still
/// be waited for; function_not_supported before Linux 6.7.
/// Source: waitid(2), io_uring_prep_waitid(3), Linux 6.7.
struct waitid {
    static constexpr const char* name = "waitid";

    idtype_t type = P_ALL;  ///< P_PID, P_PIDFD, P_PGID: what `id` is.
    id_t id = 0;
    int options = WEXITED;           ///< WSTOPPED, WCONTINUED, WNOWAIT, WNOHANG.
    mutable siginfo_t storage = {};  ///< What the kernel fills.

    void prepare(io_uring_sqe& entry) const noexcept;
    siginfo_t value(completion_event) const noexcept { return storage; }

    static bool supported(const ring& kernel) noexcept;
    static completion_event fallback() noexcept;
};

}  // namespace lariat
