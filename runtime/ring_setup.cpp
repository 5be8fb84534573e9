#include "runtime/ring_setup.hpp"

#include <errno.h>
#include <liburing.h>
#include <time.h>

#include <algorithm>
#include <system_error>

#include "runtime/available.hpp"
#include "runtime/error.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/ring.hpp"

namespace lariat {
namespace {

constexpr unsigned always = IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;

// The best first. What the kernel or a sandbox does not know is left off, group by group.
constexpr unsigned ladder[] = {
    always | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    always | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    always | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
};

constexpr unsigned fewest_entries = 8;

/// Returns: the flags that `options` demand; what the ladder has must not contradict them.
unsigned demanded_flags(const ring_options& options, io_uring_params& parameters) noexcept {
    unsigned flags = 0;
    if (options.submission_thread) {
        flags |= IORING_SETUP_SQPOLL;
        parameters.sq_thread_idle = static_cast<unsigned>(options.submission_idle.count());
        if (options.submission_processor >= 0) {
            flags |= IORING_SETUP_SQ_AFF;
            parameters.sq_thread_cpu = static_cast<unsigned>(options.submission_processor);
        }
    }
    if (options.disk != disk_completion::interrupt) flags |= IORING_SETUP_IOPOLL;
    if (options.disk == disk_completion::hybrid_polled) flags |= kernel::setup_hybrid_iopoll;
    if (options.share_workers_with) {
        flags |= IORING_SETUP_ATTACH_WQ;
        parameters.wq_fd = static_cast<unsigned>(options.share_workers_with->descriptor());
    }
    if (options.wide) flags |= IORING_SETUP_SQE128 | IORING_SETUP_CQE32;
    if (options.registered_waits) flags |= IORING_SETUP_R_DISABLED;
    return flags;
}

int try_flags(io_uring& shared, const ring_options& options, unsigned entries,
              unsigned completions) noexcept {
    int outcome = -EINVAL;
    for (const unsigned best : ladder) {
        io_uring_params parameters{};
        parameters.flags = best | demanded_flags(options, parameters);
        // Task work is done by that thread.
        if (options.submission_thread)
            parameters.flags &= ~unsigned{IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |
                                          IORING_SETUP_TASKRUN_FLAG};
        parameters.cq_entries = completions;
        outcome = io_uring_queue_init_params(entries, &shared, &parameters);
        if (outcome != -EINVAL) break;
    }
    return outcome;
}

}  // namespace

void set_up_ring(io_uring& shared, ring_options options) {
    unsigned entries = std::max(options.entries, 1U);
    unsigned completions = options.completions ? options.completions : entries * 4;
    completions = std::max(completions, entries);
    int outcome = 0;
    // A ring's memory counts against RLIMIT_MEMLOCK, and the kernel returns that of an ended ring
    // a while after: wait for it first, be content with less only then.
    for (long pause_us = 500;; pause_us *= 2) {
        outcome = try_flags(shared, options, entries, completions);
        if (outcome != -ENOMEM) break;
        if (pause_us > 250'000) {
            if (entries <= fewest_entries) break;
            entries = std::max(entries / 2, fewest_entries);
            completions = std::max(completions / 2, entries);
            continue;
        }
        const timespec pause{0, pause_us * 1000};
        nanosleep(&pause, nullptr);
    }
    if (outcome < 0) {
        const std::error_code why = kernel_error(-outcome);
        throw std::system_error(why, explain_refusal(why));
    }
}

std::string setup_flag_names(unsigned flags) {
    static constexpr struct {
        unsigned flag;
        const char* name;
    } names[] = {
        {IORING_SETUP_IOPOLL, "iopoll"},
        {IORING_SETUP_SQPOLL, "sqpoll"},
        {IORING_SETUP_CQSIZE, "cqsize"},
        {IORING_SETUP_CLAMP, "clamp"},
        {IORING_SETUP_SUBMIT_ALL, "submit_all"},
        {IORING_SETUP_SQ_AFF, "sq_aff"},
        {IORING_SETUP_ATTACH_WQ, "attach_wq"},
        {kernel::setup_hybrid_iopoll, "hybrid_iopoll"},
        {IORING_SETUP_COOP_TASKRUN, "coop_taskrun"},
        {IORING_SETUP_TASKRUN_FLAG, "taskrun_flag"},
        {IORING_SETUP_SQE128, "sqe128"},
        {IORING_SETUP_CQE32, "cqe32"},
        {IORING_SETUP_SINGLE_ISSUER, "single_issuer"},
        {IORING_SETUP_DEFER_TASKRUN, "defer_taskrun"},
    };
    std::string list;
    for (const auto& [flag, name] : names) {
        if (!(flags & flag)) continue;
        if (!list.empty()) list += ' ';
        list += name;
    }
    return list;
}

}  // namespace lariat
