#include "runtime/available.hpp"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "runtime/capabilities.hpp"

namespace lariat {
namespace {

constexpr kernel_version needed{6, 1};

kernel_version running_kernel() noexcept {
    utsname names{};
    kernel_version version;
    if (uname(&names) == 0) std::sscanf(names.release, "%d.%d", &version.major, &version.minor);
    return version;
}

int disabled_by_sysctl() {
    int level = 0;
    std::ifstream("/proc/sys/kernel/io_uring_disabled") >> level;
    return level;
}

std::string too_old(kernel_version version) {
    return "io_uring: this is Linux " + std::to_string(version.major) + "." +
           std::to_string(version.minor) + ", and Lariat needs 6.1 or newer: update the kernel";
}

std::string memory_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    return std::to_string(limit.rlim_cur / 1024) + " KiB";
}

}  // namespace

std::string explain_refusal(std::error_code why) {
    switch (why.value()) {
        case ENOSYS:
            return "io_uring: the kernel was built without it, or a seccomp filter hides it "
                   "(containers often do): allow io_uring_setup, io_uring_enter and "
                   "io_uring_register";
        case EPERM:
        case EACCES:
            if (const int level = disabled_by_sysctl(); level != 0)
                return "io_uring: disabled by sysctl kernel.io_uring_disabled=" +
                       std::to_string(level) + ": set it to 0";
            return "io_uring: refused by a seccomp filter (containers often have one) or a "
                   "security module: allow io_uring_setup, io_uring_enter and io_uring_register";
        case ENOMEM:
            return "io_uring: no memory for a ring within RLIMIT_MEMLOCK (" + memory_limit() +
                   "): raise the limit (ulimit -l) or ask for fewer entries";
        case EMFILE:
            return "io_uring: no descriptor left for a ring: raise RLIMIT_NOFILE (ulimit -n)";
        case ENFILE:
            return "io_uring: the system has no file left for a ring: raise sysctl fs.file-max";
        case EINVAL:
            if (const kernel_version version = running_kernel(); version < needed)
                return too_old(version);
            return "io_uring: the kernel refused the ring's parameters";
        default:
            return "io_uring: no ring could be set up";
    }
}

availability available() {
    if (const kernel_version version = running_kernel(); version < needed)
        return {false, too_old(version)};
    // Refused for its null argument where io_uring is there, and for its own reason elsewhere.
    errno = 0;
    syscall(__NR_io_uring_setup, 0, nullptr);
    if (errno == EFAULT || errno == EINVAL) return {true, {}};
    return {false, explain_refusal({errno, std::generic_category()})};
}

}  // namespace lariat
