#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "runtime/capabilities.hpp"
#include "runtime/clock.hpp"
#include "runtime/completion.hpp"
#include "runtime/fork.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/ring_options.hpp"

struct io_uring;
struct io_uring_sqe;

namespace lariat {

/// The one system call of a running ring, as `io_uring_enter2` of liburing: returns a count or a
/// negative error number.
using enter_call = int (*)(unsigned ring, unsigned submit, unsigned complete, unsigned flags,
                           void* argument, std::size_t size);

/// One io_uring: submit, wait, reap, cancel. The rest of Lariat reaches the kernel's ring only
/// through here.
///
/// Threads: the thread that made it, alone; `SINGLE_ISSUER | DEFER_TASKRUN` where there.
/// Source: io_uring(7), io_uring_enter(2); Linux 6.1.
class ring {
  public:
    /// Errors: throws `std::system_error` whose sentence says why, what was needed, what to do.
    explicit ring(ring_options options);
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;

    /// Requires: nothing in flight; see `in_flight`.
    ~ring();

    /// Prepares an entry that will be answered to `whom`, now or when there is room.
    void start(completion& whom) noexcept;

    /// Returns: an empty entry that will be answered to `whom`; null when the kernel takes no more
    /// now: then `postpone`.
    io_uring_sqe* entry(completion& whom) noexcept;

    /// The completion waits for room in the queue, in order; `prepare` is called then. With room
    /// for several it takes the others with `reserved_entry`.
    void postpone(completion& whom, unsigned entries = 1) noexcept;

    /// Makes room for entries that must go to the kernel together.
    /// Returns: whether `reserved_entry` may be called so many times now; else `postpone`.
    bool reserve(unsigned entries) noexcept;

    /// Requires: room for it was reserved.
    io_uring_sqe* reserved_entry(completion& whom) noexcept;

    /// Asks the kernel to end what was submitted for `whom`. Its own completion still decides how
    /// it ended. Never dropped: without room it waits, ahead of new work.
    /// Returns: false when `whom` had only been postponed: it is forgotten, no answer comes.
    bool cancel(completion& whom) noexcept;

    /// Submits what is prepared, then waits for an answer or the deadline. One system call.
    void wait(duration limit) noexcept;
    /// The same, for the loop that spends its life in it: runtime/ring_wait.hpp.
    void wait_inlined(duration limit) noexcept;

    /// Submits what is prepared and lets the kernel do its part, without waiting; no system call
    /// when there is nothing to do.
    void poll() noexcept;

    /// Whether the kernel has answers, or work that ends in some; or is to be given what it did not
    /// take yet. No system call.
    bool has_news() const noexcept;

    /// Dispatches the answers that are there. Each is copied and given back before its completion
    /// is called, so this may nest.
    /// Returns: how many.
    unsigned reap() noexcept;

    /// Wakes another ring's wait with a message; sent with the next submission.
    /// Returns: false when there is no room: wake it by other means.
    bool send_wake(int other_ring) noexcept;

    /// Empties a place in the registered table of files; with the next submission, or at once when
    /// there is no room.
    void close_direct(unsigned place) noexcept;

    /// Answers the kernel still owes, postponed ones included.
    std::size_t in_flight() const noexcept { return in_flight_; }

    /// System calls made so far.
    std::uint64_t system_calls() const noexcept { return system_calls_; }

    /// Whether the running kernel knows this IORING_OP.
    bool supports(unsigned opcode) const noexcept { return capabilities_.operation(opcode); }

    /// Whether it has what came to io_uring with that release.
    bool since(kernel_version release) const noexcept { return capabilities_.since(release); }

    /// Registers something with the kernel, or unregisters it: io_uring_register(2) with
    /// IORING_REGISTER_*.
    /// Returns: what the kernel says; a negative error number.
    int register_with(unsigned operation, void* argument, unsigned count) noexcept;

    /// Changes the size of the queues; what is in flight stays.
    /// Errors: function_not_supported before Linux 6.13, or without deferred task work;
    /// invalid_argument; value_too_large when the answers that are there have no room.
    /// Source: io_uring_resize_rings(3).
    std::error_code resize(unsigned entries, unsigned completions = 0) noexcept;

    /// Whether this process is a child of the one that made it: then it can only be destroyed.
    bool inherited() const noexcept { return made_after_ != forks; }

    /// Whether entries have 128 bytes, and answers 32: `ring_options::wide`.
    bool wide() const noexcept { return wide_; }

    /// The second half of the answer that is being completed.
    /// Requires: a wide ring, within `completion::complete`, before it reaps again.
    std::span<const std::uint64_t, 2> second_half() const noexcept { return second_half_; }

    int descriptor() const noexcept;
    unsigned entries() const noexcept;
    unsigned completions() const noexcept;

    /// What the ring really runs with: setup flags and options in force, by name.
    std::string flags() const;

    /// Fills an entry that is answered each time the descriptor becomes readable, until cancelled.
    static void prepare_watch(io_uring_sqe& entry, int descriptor) noexcept;

    /// Replaces the system call of every ring in this process; null: the kernel's. For tests that
    /// make it fail.
    static void replace_enter(enter_call call) noexcept;

  private:
    struct queues;
    struct wait_request;

    template <bool wide>
    unsigned reap_answers() noexcept;
    io_uring_sqe* next_entry() noexcept;
    io_uring_sqe* raw_entry() noexcept;
    io_uring_sqe* tagged_entry(completion& whom) noexcept;
    io_uring_sqe* entry_after_look(completion& whom) noexcept;
    unsigned unsubmitted() const noexcept {
        return submission_tail_ - __atomic_load_n(submission_head_, __ATOMIC_ACQUIRE);
    }
    unsigned free_entries() const noexcept { return submission_size_ - unsubmitted(); }
    bool full() const noexcept { return free_entries() == 0; }
    bool answers_waiting() const noexcept;
    bool can_register_waits(const ring_options& options) const noexcept;
    bool kernel_wants_enter() const noexcept;
    void map_queues() noexcept;
    void limit_wait(wait_request& request, duration limit) noexcept;
    bool kernel_sleeps() const noexcept;
    bool hand_to_thread(unsigned complete, unsigned& flags) noexcept;
    void enter(unsigned complete, unsigned flags, void* argument, std::size_t size) noexcept;
    void note_refusal(int error) noexcept;
    void submit() noexcept;
    void submit_postponed() noexcept;
    bool put_cancel(completion& whom) noexcept;
    void back_off() noexcept;

    // The submission queue: entries between the kernel's head and our tail are prepared.
    std::byte* submissions_ = nullptr;
    const unsigned* submission_head_ = nullptr;
    unsigned submission_tail_ = 0;
    unsigned submission_mask_ = 0;
    unsigned submission_size_ = 0;
    unsigned submission_shift_ = 0;  // The size of an entry, as a power of two.
    // Entries that fit before the kernel's head is looked at again; 0 while congested.
    unsigned room_ = 0;
    unsigned* submission_shared_tail_ = nullptr;
    // The completion queue.
    unsigned* completion_head_ = nullptr;
    const unsigned* completion_tail_ = nullptr;
    const std::byte* completions_ = nullptr;
    unsigned completion_mask_ = 0;
    bool wide_ = false;
    bool congested_ = false;  // Something was postponed, or a cancel.
    bool submission_thread_ = false;
    std::size_t in_flight_ = 0;
    // The system call, and how to make it.
    enter_call replaced_ = nullptr;  // Null: the kernel's.
    unsigned enter_descriptor_ = 0;
    unsigned enter_flags_ = 0;  // For all calls.
    unsigned wait_flags_ = 0;   // For waits.
    unsigned batch_ = 1;        // Answers that a wait under load is for.

    std::unique_ptr<queues> queues_;
    intrusive_list<completion, completion> postponed_;
    intrusive_list<completion, completion> cancels_;
    std::uint64_t system_calls_ = 0;
    unsigned refusals_ = 0;
    unsigned last_reap_ = 0;  // Answers of the last one, for `answer_batch`.
    std::uint64_t second_half_[2] = {};
    const capability_set& capabilities_;
    const unsigned made_after_ = count_forks();
};

}  // namespace lariat
