#include "bench/raw/ring.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include "bench/harness.hpp"

namespace bench::raw {

ring::ring(unsigned entries) {
    io_uring_params with{};
    with.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE;
    with.cq_entries = 4 * entries;
    const int answer = io_uring_queue_init_params(entries, &ring_, &with);
    if (answer < 0) {
        throw unavailable("io_uring_setup: " + std::generic_category().message(-answer) +
                          "; needs Linux 6.1, sysctl kernel.io_uring_disabled=0, and no seccomp "
                          "filter against it");
    }
    registered_ = io_uring_register_ring_fd(&ring_) == 1;
}

ring::~ring() { io_uring_queue_exit(&ring_); }

void ring::enter_for(std::uint64_t nanoseconds) {
    ++enters_;
    io_uring_cqe* first = nullptr;
    __kernel_timespec span{.tv_sec = static_cast<__s64>(nanoseconds / 1'000'000'000),
                           .tv_nsec = static_cast<long long>(nanoseconds % 1'000'000'000)};
    const int answer = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &span, nullptr);
    if (answer < 0 && answer != -ETIME) fail(answer);
}

void ring::fail(int answer) {
    // A signal: what was to be submitted has been, or is still queued.
    if (answer == -EINTR || answer == -EAGAIN || answer == -EBUSY) return;
    throw std::system_error(-answer, std::generic_category(), "io_uring_enter");
}

std::string names_of_flags(unsigned flags) {
    struct named {
        unsigned bit;
        const char* name;
    };
    static constexpr named all[] = {
        {IORING_SETUP_IOPOLL, "IOPOLL"},
        {IORING_SETUP_SQPOLL, "SQPOLL"},
        {IORING_SETUP_CQSIZE, "CQSIZE"},
        {IORING_SETUP_CLAMP, "CLAMP"},
        {IORING_SETUP_R_DISABLED, "R_DISABLED"},
        {IORING_SETUP_SUBMIT_ALL, "SUBMIT_ALL"},
        {IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN"},
        {IORING_SETUP_TASKRUN_FLAG, "TASKRUN_FLAG"},
        {IORING_SETUP_SINGLE_ISSUER, "SINGLE_ISSUER"},
        {IORING_SETUP_DEFER_TASKRUN, "DEFER_TASKRUN"},
        {1U << 16, "NO_SQARRAY"},
    };
    std::string names;
    for (const named& flag : all) {
        if (!(flags & flag.bit)) continue;
        if (!names.empty()) names += ' ';
        names += flag.name;
    }
    return names.empty() ? "none" : names;
}

}  // namespace bench::raw
