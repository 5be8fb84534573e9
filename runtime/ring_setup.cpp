#include "runtime/ring_setup.hpp"

#include <errno.h>
#include <liburing.h>
#include <time.h>

#include <algorithm>
#include <system_error>

#include "runtime/available.hpp"
#include "runtime/error.hpp"

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

int try_flags(io_uring& shared, unsigned entries, unsigned completions) noexcept {
    int outcome = -EINVAL;
    for (const unsigned flags : ladder) {
        io_uring_params parameters{};
        parameters.flags = flags;
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
        outcome = try_flags(shared, entries, completions);
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
        {IORING_SETUP_COOP_TASKRUN, "coop_taskrun"},
        {IORING_SETUP_TASKRUN_FLAG, "taskrun_flag"},
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
