#pragma once

#include <chrono>
#include <cstdint>

namespace lariat {

class ring;

/// How the kernel finds out that a disk is done.
enum class disk_completion : std::uint8_t {
    interrupt,
    polled,         ///< It looks for it while somebody waits: IORING_SETUP_IOPOLL.
    hybrid_polled,  ///< It sleeps first, for about as long as it took before. Linux 6.13.
};

/// Answers that are waited for together.
struct answer_batch {
    unsigned answers = 1;               ///< So many end a wait; 1: the first does.
    std::chrono::microseconds span{0};  ///< So long; then one is enough.
};

/// What a ring is made with, and the reason for each default. What the kernel cannot do is left
/// out where it only saves time, and `ring::flags` lacks its name then; where it changes what the
/// ring does, making one fails.
struct ring_options {
    /// Entries that wait for one submission. 256 fills a batch at which a further entry saves
    /// nothing; a full queue is submitted, so this limits no one.
    unsigned entries = 256;
    /// Answers the kernel can store; 0: four times `entries`, so that a burst of several answers
    /// for each entry does not overflow. An overflow is slow, and loses nothing.
    unsigned completions = 0;

    /// A thread of the kernel takes the entries, without a system call, and turns on a CPU of its
    /// own until nothing came for `submission_idle`. On two CPUs it costs far more than it saves.
    /// Source: io_uring_setup(2), IORING_SETUP_SQPOLL.
    bool submission_thread = false;
    std::chrono::milliseconds submission_idle{1000};
    int submission_processor = -1;  ///< Where that thread runs; -1: anywhere.

    /// Polled: only for a `ring` by itself and O_DIRECT files of devices that can; what else is
    /// asked for is refused with invalid_argument or not_supported. A scheduler needs interrupts.
    disk_completion disk = disk_completion::interrupt;

    /// Its worker threads serve this ring as well. Source: IORING_SETUP_ATTACH_WQ.
    const ring* share_workers_with = nullptr;
    /// Worker threads for files, and for what may wait for ever; 0: the kernel's own limits.
    /// Source: io_uring_register_iowq_max_workers(3).
    unsigned most_file_workers = 0;
    unsigned most_other_workers = 0;

    /// A wait looks for packets itself, for so long, before it sleeps: less latency for a busy
    /// CPU. Source: io_uring_register_napi(3), Linux 6.9.
    std::chrono::microseconds network_polling{0};

    /// Under load, when the last wait had at least half of `answers`, a wait is for so many: fewer
    /// turns for a pipelined server, more latency for all others. Linux 6.12.
    answer_batch batch{};

    /// A wait counts as one for a disk, which raises the CPU's clock on some machines, and shows as
    /// load that is none. Before Linux 6.15 it always does.
    bool waits_for_disk = false;

    /// Entries of 128 bytes and answers of 32, for the few operations that need them: NVMe
    /// commands, zero-copy receives. All others work as well, and touch twice the memory. Source:
    /// io_uring_setup(2), IORING_SETUP_SQE128, IORING_SETUP_CQE32; Linux 5.19.
    bool wide = false;

    /// The limits of waits lie in memory that the kernel has looked up already: a tenth less for a
    /// wait beside a deadline, a page of memory and some 10 us more to make a ring. Not where
    /// `disk` is polled. Linux 6.13.
    bool registered_waits = true;
};

}  // namespace lariat
