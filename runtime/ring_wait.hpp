#pragma once

#include <errno.h>
#include <liburing.h>

#include <atomic>
#include <cstdint>

#include "runtime/check.hpp"
#include "runtime/ring_queues.hpp"

/// The way to the kernel that every turn takes, without a frame between the loop and the system
/// call.
///
/// Most kernels protect their returns from speculation in ways that leave the processor without its
/// record of who called whom (safe RET, RSB filling). The first return past a frame that was there
/// before the system call is then mispredicted: about 110 ns on an AMD EPYC, a third of what a nop
/// takes. A loop that calls from its own frame makes no such return.
namespace lariat {

/// Source: io_uring_enter(2). Returns: a count or a negative error number.
[[gnu::always_inline]] inline int enter_kernel(unsigned ring, unsigned submit, unsigned complete,
                                               unsigned flags, void* argument,
                                               std::size_t size) noexcept {
#if defined(__x86_64__) && defined(__LP64__)
    std::int64_t answer = __NR_io_uring_enter;
    register std::uint64_t fourth asm("r10") = flags;
    register void* fifth asm("r8") = argument;
    register std::size_t sixth asm("r9") = size;
    asm volatile("syscall"
                 : "+a"(answer)
                 : "D"(std::uint64_t{ring}), "S"(std::uint64_t{submit}),
                   "d"(std::uint64_t{complete}), "r"(fourth), "r"(fifth), "r"(sixth)
                 : "rcx", "r11", "memory");
    return static_cast<int>(answer);
#else
    return io_uring_enter2(ring, submit, complete, flags, static_cast<sigset_t*>(argument), size);
#endif
}

inline bool ring::answers_waiting() const noexcept {
    return *completion_head_ != io_uring_smp_load_acquire(completion_tail_);
}

[[gnu::always_inline]] inline void ring::enter(unsigned complete, unsigned flags, void* argument,
                                               std::size_t size) noexcept {
    check(!inherited(), "ring: used in a child of the process that made it");
    if (submission_thread_) [[unlikely]] {
        if (!hand_to_thread(complete, flags)) return;
    } else {
        io_uring_smp_store_release(submission_shared_tail_, submission_tail_);
    }
    ++system_calls_;
    flags |= enter_flags_;
    const unsigned submit = unsubmitted();
    const int outcome =
        replaced_ ? replaced_(enter_descriptor_, submit, complete, flags, argument, size)
                  : enter_kernel(enter_descriptor_, submit, complete, flags, argument, size);
    if (outcome >= 0) [[likely]]
        refusals_ = 0;
    else
        note_refusal(-outcome);
}

/// What a wait asks of the kernel. Zeroed by who fills it: most waits have no limit.
struct ring::wait_request {
    unsigned answers;
    unsigned flags;
    void* argument = nullptr;
    std::size_t size = 0;
    io_uring_getevents_arg limits;
    __kernel_timespec span;
};

[[gnu::always_inline]] inline void ring::wait_inlined(duration limit) noexcept {
    if (congested_) [[unlikely]]
        submit_postponed();
    // What still waits for room may be what ends this wait.
    if (answers_waiting() || congested_) {
        poll();
        return;
    }
    wait_request request;
    request.answers = 1;
    request.flags = wait_flags_;
    if (limit != forever || batch_ != 1) limit_wait(request, limit);
    enter(request.answers, request.flags, request.argument, request.size);
    if (refusals_ != 0 && !answers_waiting()) [[unlikely]]
        back_off();
}

}  // namespace lariat
