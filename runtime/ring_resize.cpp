#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>

#include <cstddef>
#include <system_error>
#include <tuple>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/ring_queues.hpp"

namespace lariat {

void ring::map_queues() noexcept {
    std::ignore = queues::unmapped.load(std::memory_order_acquire);
    io_uring& shared = queues_->shared;
    io_uring_ring_dontfork(&shared);
    // Entry n of the queue is always entry n of the array: written once, never again.
    for (unsigned slot = 0; slot < shared.sq.ring_entries; ++slot) shared.sq.array[slot] = slot;
    submissions_ = reinterpret_cast<std::byte*>(shared.sq.sqes);
    submission_head_ = shared.sq.khead;
    submission_tail_ = *shared.sq.ktail;
    submission_mask_ = *shared.sq.kring_mask;
    submission_size_ = shared.sq.ring_entries;
    submission_shared_tail_ = shared.sq.ktail;
    room_ = 0;
    completion_head_ = shared.cq.khead;
    completion_tail_ = shared.cq.ktail;
    completions_ = reinterpret_cast<const std::byte*>(shared.cq.cqes);
    completion_mask_ = *shared.cq.kring_mask;
    submission_shift_ = shared.flags & IORING_SETUP_SQE128 ? 7 : 6;
    wide_ = shared.flags & IORING_SETUP_CQE32;
}

std::error_code ring::resize(unsigned entries, unsigned completions) noexcept {
    io_uring& shared = queues_->shared;
    const bool can = since({6, 13}) && (shared.flags & IORING_SETUP_DEFER_TASKRUN);
    if (!can) return kernel_error(ENOSYS);
    // The kernel moves entries as well; with none there, nothing depends on their places.
    while (unsubmitted() != 0) {
        submit();
        if (refusals_ != 0) back_off();
    }
    io_uring_params parameters{};
    parameters.sq_entries = entries;
    parameters.cq_entries = completions ? completions : entries * 4;
    parameters.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    const int outcome = register_with(kernel::register_resize_rings, &parameters, 1);
    if (outcome < 0) return kernel_error(-outcome);
    // It does not tell all that making a ring tells: the array lies behind the answers.
    parameters.features = shared.features;
    if (parameters.sq_off.array == 0) {
        constexpr unsigned line = 64;
        const std::size_t answers = parameters.cq_entries * sizeof(io_uring_cqe);
        // Wide answers take the kernel twice what comes before the array, its header as well.
        const std::size_t end = (parameters.cq_off.cqes + answers) * (wide_ ? 2 : 1);
        parameters.sq_off.array = static_cast<unsigned>((end + line - 1) / line * line);
    }
    const io_uring before = shared;
    io_uring fresh{};
    if (const int mapped = io_uring_queue_mmap(shared.ring_fd, &parameters, &fresh); mapped < 0)
        mistake("ring: its queues were resized, and could not be mapped again");
    queues::unmapped.fetch_add(1, std::memory_order_release);
    ::munmap(before.sq.sqes, std::size_t{before.sq.ring_entries} << submission_shift_);
    ::munmap(before.sq.ring_ptr, before.sq.ring_sz);
    shared.sq = fresh.sq;
    shared.cq = fresh.cq;
    map_queues();
    return {};
}

}  // namespace lariat
