#include "runtime/ring.hpp"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/ring_setup.hpp"

namespace lariat {
namespace {

// Answers with these `user_data` belong to no completion.
constexpr std::uint64_t unanswered = 0;

// Result and flags of an answer are copied as one word.
constexpr std::size_t answer_size = 8;
static_assert(offsetof(io_uring_cqe, flags) - offsetof(io_uring_cqe, res) == 4 &&
              offsetof(completion_event, flags) == 4 && offsetof(completion_event, result) == 0);

constinit std::atomic<enter_call> replaced_enter{nullptr};

int call_kernel(unsigned ring, unsigned submit, unsigned complete, unsigned flags, void* argument,
                std::size_t size) {
    return io_uring_enter2(ring, submit, complete, flags, static_cast<sigset_t*>(argument), size);
}

std::uint64_t tag(completion& whom) noexcept { return reinterpret_cast<std::uint64_t>(&whom); }

}  // namespace

/// What is mapped from the kernel, as liburing sees it.
struct ring::queues {
    io_uring shared{};
    bool registered = false;
    enter_call call = call_kernel;
};

ring::ring(ring_options options)
    : queues_(std::make_unique<queues>()), capabilities_(capabilities()) {
    io_uring& shared = queues_->shared;
    set_up_ring(shared, options);
    io_uring_ring_dontfork(&shared);
    queues_->registered = io_uring_register_ring_fd(&shared) == 1;
    // Entry n of the queue is always entry n of the array: written once, never again.
    for (unsigned slot = 0; slot < shared.sq.ring_entries; ++slot) shared.sq.array[slot] = slot;
    submissions_ = reinterpret_cast<std::byte*>(shared.sq.sqes);
    submission_head_ = shared.sq.khead;
    submission_tail_ = *shared.sq.ktail;
    submission_mask_ = *shared.sq.kring_mask;
    submission_size_ = shared.sq.ring_entries;
    completion_head_ = shared.cq.khead;
    completion_tail_ = shared.cq.ktail;
    completions_ = reinterpret_cast<const std::byte*>(shared.cq.cqes);
    completion_mask_ = *shared.cq.kring_mask;
    if (enter_call call = replaced_enter.load()) queues_->call = call;
}

ring::~ring() {
    check(in_flight_ == 0, "ring: destroyed while the kernel still owes answers");
    io_uring_queue_exit(&queues_->shared);
}

int ring::descriptor() const noexcept { return queues_->shared.ring_fd; }
unsigned ring::entries() const noexcept { return queues_->shared.sq.ring_entries; }
unsigned ring::completions() const noexcept { return queues_->shared.cq.ring_entries; }
std::string ring::flags() const { return setup_flag_names(queues_->shared.flags); }

int ring::register_with(unsigned operation, void* argument, unsigned count) noexcept {
    return io_uring_register(static_cast<unsigned>(descriptor()), operation, argument, count);
}

void ring::replace_enter(enter_call call) noexcept { replaced_enter.store(call); }

bool ring::answers_waiting() const noexcept {
    return *completion_head_ != io_uring_smp_load_acquire(completion_tail_);
}

bool ring::kernel_wants_enter() const noexcept {
    return IO_URING_READ_ONCE(*queues_->shared.sq.kflags) &
           (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN);
}

io_uring_sqe* ring::next_entry() noexcept {
    const unsigned slot = submission_tail_++ & submission_mask_;
    return reinterpret_cast<io_uring_sqe*>(submissions_ + slot * sizeof(io_uring_sqe));
}

io_uring_sqe* ring::raw_entry() noexcept {
    if (full()) [[unlikely]] {
        submit();
        if (full()) return nullptr;
    }
    return next_entry();
}

io_uring_sqe* ring::entry(completion& whom) noexcept {
    if (congested_ || full()) [[unlikely]]
        return entry_under_pressure(whom);
    io_uring_sqe* entry = next_entry();
    entry->user_data = tag(whom);
    ++in_flight_;
    return entry;
}

io_uring_sqe* ring::entry_under_pressure(completion& whom) noexcept {
    // What was postponed goes first, and cancels before it.
    if (congested_) return nullptr;
    io_uring_sqe* entry = raw_entry();
    if (!entry) return nullptr;
    entry->user_data = tag(whom);
    ++in_flight_;
    return entry;
}

bool ring::reserve(unsigned entries) noexcept {
    if (congested_) return false;
    if (room() < entries) submit();
    return room() >= entries;
}

io_uring_sqe* ring::reserved_entry(completion& whom) noexcept {
    io_uring_sqe* entry = next_entry();
    entry->user_data = tag(whom);
    ++in_flight_;
    return entry;
}

void ring::postpone(completion& whom, unsigned entries) noexcept {
    postponed_.push_back(whom);
    whom.entries_ = static_cast<std::uint8_t>(entries);
    congested_ = true;
    whom.postponed_ = true;
    ++in_flight_;
}

void ring::submit_postponed() noexcept {
    if (!congested_) [[likely]]
        return;
    while (!cancels_.empty()) {
        if (!put_cancel(cancels_.front())) return;
        cancels_.pop_front();
    }
    while (!postponed_.empty()) {
        const unsigned needed = postponed_.front().entries_;
        if (room() < needed) submit();
        if (room() < needed) return;
        io_uring_sqe* entry = next_entry();
        completion* whom = postponed_.pop_front();
        whom->postponed_ = false;
        entry->user_data = tag(*whom);
        whom->prepare(*entry);
    }
    congested_ = false;
}

bool ring::put_cancel(completion& whom) noexcept {
    io_uring_sqe* entry = raw_entry();
    if (!entry) return false;
    io_uring_prep_cancel64(entry, tag(whom), 0);
    // Only a refusal is answered, and it says nothing: the target's own completion does.
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    entry->user_data = unanswered;
    return true;
}

bool ring::cancel(completion& whom) noexcept {
    if (whom.linked()) {
        if (!whom.postponed_) return true;
        whom.postponed_ = false;
        whom.unlink();
        --in_flight_;
        return false;
    }
    if (!cancels_.empty() || !put_cancel(whom)) {
        cancels_.push_back(whom);
        congested_ = true;
    }
    return true;
}

bool ring::send_wake(int other_ring) noexcept {
    io_uring_sqe* entry = raw_entry();
    if (!entry) return false;
    io_uring_prep_msg_ring(entry, other_ring, 0, unanswered, 0);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    entry->user_data = unanswered;
    return true;
}

void ring::close_direct(unsigned place) noexcept {
    if (io_uring_sqe* entry = raw_entry()) {
        io_uring_prep_close_direct(entry, place);
        entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
        entry->user_data = unanswered;
        return;
    }
    int nothing = -1;
    io_uring_files_update update{};
    update.offset = place;
    update.fds = reinterpret_cast<std::uint64_t>(&nothing);
    register_with(IORING_REGISTER_FILES_UPDATE, &update, 1);
}

void ring::prepare_watch(io_uring_sqe& entry, int descriptor) noexcept {
    io_uring_prep_poll_multishot(&entry, descriptor, POLLIN | static_cast<unsigned>(EPOLLET));
}

void ring::enter(unsigned complete, unsigned flags, void* argument, std::size_t size) noexcept {
    queues& q = *queues_;
    io_uring_smp_store_release(q.shared.sq.ktail, submission_tail_);
    if (q.registered) flags |= IORING_ENTER_REGISTERED_RING;
    ++system_calls_;
    const int outcome = q.call(static_cast<unsigned>(q.shared.enter_ring_fd), unsubmitted(),
                               complete, flags, argument, size);
    switch (outcome < 0 ? -outcome : 0) {
        case 0:
            refusals_ = 0;
            return;
        case EINTR:
        case ETIME:
            return;
        case EAGAIN:
        case EBUSY:
        case ENOMEM:
            // The kernel is short of requests, or of room for answers: reap, then ask again.
            ++refusals_;
            return;
        default:
            mistake("ring: the kernel refused io_uring_enter; a ring serves one thread only");
    }
}

void ring::submit() noexcept { enter(0, 0, nullptr, 0); }

void ring::back_off() noexcept {
    const unsigned doublings = std::min(refusals_, 10U);
    const timespec pause{0, 1000L << doublings};
    nanosleep(&pause, nullptr);
}

void ring::wait(duration limit) noexcept {
    submit_postponed();
    if (answers_waiting()) {
        poll();
        return;
    }
    if (limit == forever) {
        enter(1, IORING_ENTER_GETEVENTS, nullptr, 0);
    } else {
        limit = std::max(limit, duration::zero());
        __kernel_timespec span{};
        span.tv_sec = limit.count() / 1'000'000'000;
        span.tv_nsec = limit.count() % 1'000'000'000;
        io_uring_getevents_arg argument{};
        argument.sigmask_sz = _NSIG / 8;
        argument.ts = reinterpret_cast<std::uint64_t>(&span);
        enter(1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof argument);
    }
    if (refusals_ != 0 && !answers_waiting()) back_off();
}

void ring::poll() noexcept {
    submit_postponed();
    if (unsubmitted() == 0 && !kernel_wants_enter()) return;
    enter(0, IORING_ENTER_GETEVENTS, nullptr, 0);
    if (refusals_ != 0 && !answers_waiting()) back_off();
}

unsigned ring::reap() noexcept {
    unsigned answers = 0;
    for (;;) {
        // Read anew each time: a completion that drains may have reaped meanwhile.
        const unsigned head = *completion_head_;
        if (head == io_uring_smp_load_acquire(completion_tail_)) return answers;
        const auto& slot = *reinterpret_cast<const io_uring_cqe*>(
            completions_ + (head & completion_mask_) * sizeof(io_uring_cqe));
        const std::uint64_t tagged = slot.user_data;
        completion_event event{};
        std::memcpy(static_cast<void*>(&event), &slot.res, answer_size);
        io_uring_smp_store_release(completion_head_, head + 1);
        ++answers;
        if (tagged == unanswered) [[unlikely]]
            continue;
        auto& whom = *reinterpret_cast<completion*>(tagged);
        if (!event.more()) [[likely]] {
            --in_flight_;
            if (whom.linked()) [[unlikely]]
                whom.unlink();
        }
        whom.complete(event);
    }
}

}  // namespace lariat
