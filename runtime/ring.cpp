#include "runtime/ring.hpp"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/ring_queues.hpp"
#include "runtime/ring_wait.hpp"

namespace lariat {
namespace {

// Answers with these `user_data` belong to no completion.
constexpr std::uint64_t unanswered = 0;

// How often `poll` tries to submit what the kernel did not take: halves go out in a few steps, and
// a kernel that is out of requests needs answers to be reaped first.
constexpr int most_tries = 16;
constexpr unsigned most_refusals = 4;

// Result and flags of an answer are copied as one word.
constexpr std::size_t answer_size = 8;
static_assert(offsetof(io_uring_cqe, flags) - offsetof(io_uring_cqe, res) == 4 &&
              offsetof(completion_event, flags) == 4 && offsetof(completion_event, result) == 0);

constinit std::atomic<enter_call> replaced_enter{nullptr};

std::uint64_t tag(completion& whom) noexcept { return reinterpret_cast<std::uint64_t>(&whom); }

/// A wait's limit in registered memory: io_uring_reg_wait of Linux 6.13.
struct registered_wait {
    static constexpr unsigned has_limit = 1;  // IORING_REG_WAIT_TS

    __kernel_timespec limit;
    unsigned least_microseconds;
    unsigned flags;
    std::uint64_t signals = 0;
    unsigned signals_size = 0;
    unsigned pad[3] = {};
    std::uint64_t pad2[2] = {};
};
static_assert(sizeof(registered_wait) == 64);

}  // namespace

/// While the kernel polls a disk it does not read registered limits.
bool ring::can_register_waits(const ring_options& options) const noexcept {
    return options.disk == disk_completion::interrupt && since({6, 13});
}

ring::ring(ring_options options)
    : queues_(std::make_unique<queues>()), capabilities_(capabilities()) {
    io_uring& shared = queues_->shared;
    options.registered_waits = options.registered_waits && can_register_waits(options);
    set_up_ring(shared, options);
    add_extras(shared, options, capabilities_, queues_->extras);
    if (io_uring_register_ring_fd(&shared) == 1) enter_flags_ = IORING_ENTER_REGISTERED_RING;
    map_queues();
    replaced_ = replaced_enter.load();
    enter_descriptor_ = static_cast<unsigned>(shared.enter_ring_fd);
    wait_flags_ = IORING_ENTER_GETEVENTS | queues_->extras.enter_flags;
    batch_ = queues_->extras.batch.answers;
    submission_thread_ = shared.flags & IORING_SETUP_SQPOLL;
}

ring::~ring() {
    if (inherited()) {
        ::close(queues_->shared.ring_fd);
        return;
    }
    check(in_flight_ == 0, "ring: destroyed while the kernel still owes answers");
    queues::unmapped.fetch_add(1, std::memory_order_release);
    io_uring_queue_exit(&queues_->shared);
}

int ring::descriptor() const noexcept { return queues_->shared.ring_fd; }
unsigned ring::entries() const noexcept { return queues_->shared.sq.ring_entries; }
unsigned ring::completions() const noexcept { return queues_->shared.cq.ring_entries; }
std::string ring::flags() const {
    std::string all = setup_flag_names(queues_->shared.flags);
    const ring_extras& extras = queues_->extras;
    for (std::size_t i = 0; i < extras.name_count; ++i) (all += ' ') += extras.names[i];
    return all;
}

int ring::register_with(unsigned operation, void* argument, unsigned count) noexcept {
    return io_uring_register(static_cast<unsigned>(descriptor()), operation, argument, count);
}

void ring::replace_enter(enter_call call) noexcept { replaced_enter.store(call); }

bool ring::kernel_wants_enter() const noexcept {
    return IO_URING_READ_ONCE(*queues_->shared.sq.kflags) &
           (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN);
}

bool ring::has_news() const noexcept {
    if (answers_waiting() || kernel_wants_enter() || congested_) return true;
    return !submission_thread_ && unsubmitted() != 0;
}

io_uring_sqe* ring::next_entry() noexcept {
    const std::size_t slot = submission_tail_++ & submission_mask_;
    return reinterpret_cast<io_uring_sqe*>(submissions_ + (slot << submission_shift_));
}

io_uring_sqe* ring::raw_entry() noexcept {
    room_ = 0;
    if (full()) [[unlikely]] {
        submit();
        if (full()) return nullptr;
    }
    return next_entry();
}

io_uring_sqe* ring::tagged_entry(completion& whom) noexcept {
    io_uring_sqe* entry = next_entry();
    entry->user_data = tag(whom);
    ++in_flight_;
    return entry;
}

io_uring_sqe* ring::entry(completion& whom) noexcept {
    if (room_ == 0) [[unlikely]]
        return entry_after_look(whom);
    --room_;
    return tagged_entry(whom);
}

void ring::start(completion& whom) noexcept {
    if (io_uring_sqe* prepared = entry(whom))
        whom.prepare(*prepared);
    else
        postpone(whom);
}

io_uring_sqe* ring::entry_after_look(completion& whom) noexcept {
    // What was postponed goes first, and cancels before it.
    if (congested_) return nullptr;
    if (full()) submit();
    if (full()) return nullptr;
    room_ = free_entries() - 1;
    return tagged_entry(whom);
}

bool ring::reserve(unsigned entries) noexcept {
    if (congested_) return false;
    room_ = 0;
    if (free_entries() < entries) submit();
    return free_entries() >= entries;
}

io_uring_sqe* ring::reserved_entry(completion& whom) noexcept { return tagged_entry(whom); }

void ring::postpone(completion& whom, unsigned entries) noexcept {
    postponed_.push_back(whom);
    whom.entries_ = static_cast<std::uint8_t>(entries);
    congested_ = true;
    room_ = 0;
    whom.postponed_ = true;
    ++in_flight_;
}

void ring::submit_postponed() noexcept {
    while (!cancels_.empty()) {
        if (!put_cancel(cancels_.front())) return;
        cancels_.pop_front();
    }
    while (!postponed_.empty()) {
        const unsigned needed = postponed_.front().entries_;
        if (free_entries() < needed) submit();
        if (free_entries() < needed) return;
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
        room_ = 0;
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

bool ring::kernel_sleeps() const noexcept {
    // As strong as the store of the tail: either its thread sees the entries, or this its sleep.
    return __atomic_load_n(queues_->shared.sq.kflags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP;
}

/// Returns: whether there is something to call for; the kernel's thread takes the entries.
bool ring::hand_to_thread(unsigned complete, unsigned& flags) noexcept {
    __atomic_store_n(submission_shared_tail_, submission_tail_, __ATOMIC_SEQ_CST);
    if (kernel_sleeps()) flags |= IORING_ENTER_SQ_WAKEUP;
    if (flags == 0 && !full()) return false;
    if (flags == IORING_ENTER_GETEVENTS && complete == 0 && !kernel_wants_enter()) return false;
    if (full()) flags |= IORING_ENTER_SQ_WAIT;
    return true;
}

void ring::note_refusal(int error) noexcept {
    switch (error) {
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

void ring::wait(duration limit) noexcept { wait_inlined(limit); }

void ring::limit_wait(wait_request& request, duration limit) noexcept {
    const ring_extras& extras = queues_->extras;
    request.answers = last_reap_ * 2 >= batch_ ? batch_ : 1;
    request.flags |= IORING_ENTER_EXT_ARG;
    limit = std::max(limit, duration::zero());
    request.span = {};
    request.span.tv_sec = limit.count() / 1'000'000'000;
    request.span.tv_nsec = limit.count() % 1'000'000'000;
    const auto least = static_cast<unsigned>(request.answers > 1 ? extras.batch.span.count() : 0);
    if (extras.wait_memory) {
        const registered_wait what{request.span, least,
                                   limit == forever ? 0 : registered_wait::has_limit};
        std::memcpy(extras.wait_memory, &what, sizeof what);
        // Its place in the registered memory, which is the first.
        request.flags |= kernel::enter_registered_argument;
        request.size = sizeof what;
        return;
    }
    request.limits = {};
    request.limits.sigmask_sz = _NSIG / 8;
    request.limits.pad = least;
    request.limits.ts = limit == forever ? 0 : reinterpret_cast<std::uint64_t>(&request.span);
    request.argument = &request.limits;
    request.size = sizeof request.limits;
}

void ring::poll() noexcept {
    if (congested_) [[unlikely]]
        submit_postponed();
    if (unsubmitted() == 0 && !kernel_wants_enter()) return;
    // Interrupted, or taken in part: what is prepared goes out now all the same. A caller that is
    // about to block, or to end, may have prepared the wake that somebody waits for.
    for (int tries = 0; tries < most_tries; ++tries) {
        enter(0, IORING_ENTER_GETEVENTS, nullptr, 0);
        if (refusals_ != 0 && !answers_waiting()) back_off();
        if (unsubmitted() == 0 || refusals_ >= most_refusals) return;
        if (submission_thread_) return;
    }
}

unsigned ring::reap() noexcept { return wide_ ? reap_answers<true>() : reap_answers<false>(); }

template <bool wide>
unsigned ring::reap_answers() noexcept {
    constexpr std::size_t size_in_queue = sizeof(io_uring_cqe) * (wide ? 2 : 1);
    unsigned answers = 0;
    for (;;) {
        // Read anew each time: a completion that drains may have reaped meanwhile.
        const unsigned head = *completion_head_;
        if (head == io_uring_smp_load_acquire(completion_tail_)) {
            last_reap_ = answers;
            return answers;
        }
        const auto slot_at = [this](unsigned place) -> const io_uring_cqe& {
            return *reinterpret_cast<const io_uring_cqe*>(
                completions_ + (place & completion_mask_) * size_in_queue);
        };
        const io_uring_cqe& slot = slot_at(head);
        // A kernel that moved data may have emptied the caches: what the answer after the next one
        // is for is asked of the memory now, with what stands before it, where an operation has its
        // state. An old slot may name what is no more: nothing is read of it.
        const std::uint64_t later = slot_at(head + 2).user_data;
        __builtin_prefetch(reinterpret_cast<const void*>(later));
        __builtin_prefetch(reinterpret_cast<const void*>(later - 64));
        __builtin_prefetch(reinterpret_cast<const void*>(later - 128));
        const std::uint64_t tagged = slot.user_data;
        completion_event event{};
        std::memcpy(static_cast<void*>(&event), &slot.res, answer_size);
        if constexpr (wide) std::memcpy(second_half_, &slot + 1, sizeof second_half_);
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
