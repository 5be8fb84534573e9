#pragma once

#include <liburing.h>

#include <cstdint>
#include <string>

namespace bench::raw {

/// A ring as a careful C program would have it: one thread, deferred task work, the ring's own
/// descriptor registered, one system call per turn, completions reaped in batches.
class ring {
  public:
    /// Errors: throws `unavailable` when the kernel refuses.
    explicit ring(unsigned entries);
    ~ring();
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;

    /// A free entry, not yet prepared; what is queued is submitted when there is none.
    io_uring_sqe* entry() {
        io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
        if (!sqe) [[unlikely]] {
            enter(0);
            sqe = io_uring_get_sqe(&ring_);
        }
        return sqe;
    }

    /// Submits what is queued and waits for that many completions, in one system call.
    void enter(unsigned completions) {
        ++enters_;
        const int answer = io_uring_submit_and_wait(&ring_, completions);
        if (answer < 0) [[unlikely]]
            fail(answer);
    }

    /// Submits what is queued and waits for one completion, or so long.
    void enter_for(std::uint64_t nanoseconds);

    /// Calls `handle(cqe)` for all that is there.
    /// Returns: how many that were.
    template <class Handler>
    unsigned reap(Handler handle) {
        const unsigned mask = ring_.cq.ring_mask;
        const unsigned tail = io_uring_smp_load_acquire(ring_.cq.ktail);
        const unsigned first = *ring_.cq.khead;
        for (unsigned head = first; head != tail; ++head) handle(ring_.cq.cqes[head & mask]);
        io_uring_smp_store_release(ring_.cq.khead, tail);
        return tail - first;
    }

    std::uint64_t enters() const noexcept { return enters_; }
    /// For registrations.
    io_uring* native() noexcept { return &ring_; }

    unsigned flags() const noexcept { return ring_.flags; }
    bool registered() const noexcept { return registered_; }

  private:
    static void fail(int answer);

    io_uring ring_;
    std::uint64_t enters_ = 0;
    bool registered_ = false;
};

/// Returns: the names of IORING_SETUP_* flags.
std::string names_of_flags(unsigned flags);

}  // namespace bench::raw
