#include "aio/op/link.hpp"

#include <errno.h>
#include <liburing.h>

#include "aio/op/gave_up.hpp"
#include "runtime/error.hpp"

namespace lariat {

void chain_member::prepare(io_uring_sqe& entry) const noexcept { owner_->fill(entry); }

void chain_member::complete(completion_event event) noexcept { owner_->heard(*this, event); }

bool chain::all_supported(const ring& kernel) const noexcept {
    for (const chain_member* each : members_)
        if (!each->supported(kernel)) return false;
    return true;
}

bool chain::submit() noexcept {
    started_ = false;
    for (chain_member* each : members_) {
        each->owner_ = this;
        each->answered_ = false;
        each->done_ = false;
    }
    if (!begin_on_strand()) return end_launch();
    check(here.kernel != nullptr, "an operation of the kernel was awaited without a scheduler");
    ring& kernel = *here.kernel;
    if (members_.size() > kernel.entries() || !all_supported(kernel)) {
        finish(kernel_error(members_.size() > kernel.entries() ? E2BIG : ENOSYS));
        return end_launch();
    }
    if (!defer(&give_up, this, lateness::tries_once)) return end_launch();
    start(kernel);
    if (late()) expire();
    return end_launch();
}

void chain::start(ring& kernel) noexcept {
    pending_ = members_.size();
    started_ = true;
    const auto count = static_cast<unsigned>(members_.size());
    if (kernel.reserve(count))
        fill(*kernel.reserved_entry(*members_.front()));
    else
        kernel.postpone(*members_.front(), count);
}

/// Room was made for all: they are one batch.
void chain::fill(io_uring_sqe& first) const noexcept {
    ring& kernel = *at().kernel();
    io_uring_sqe* entry = &first;
    for (chain_member* each : members_) {
        if (each != members_.front()) entry = kernel.reserved_entry(*each);
        each->prepare_alone(*entry);
        if (each != members_.back())
            entry->flags |= kind_ == link_kind::hard ? IOSQE_IO_HARDLINK : IOSQE_IO_LINK;
    }
}

void chain::heard(chain_member& member, completion_event event) noexcept {
    event = member.translate(event);
    const bool next_begins = !member.answered_;
    member.answered_ = true;
    if (!event.more()) {
        member.event_ = event;
        member.done_ = true;
        if (--pending_ == 0) return end();
    }
    if (!next_begins) return;
    // What was asked to end may have ended by itself just then, and the next one begun.
    if (aborted() && (kind_ == link_kind::hard || !gave_up(event.result)))
        give_up(*this, this, reason());
}

void chain::end() noexcept {
    std::error_code why;
    std::size_t whole = 0;
    for (; whole < members_.size() && !why; ++whole) why = error_of(whole);
    finish(why, why ? whole - 1 : whole);
}

void chain::give_up(aio&, void* self, std::error_code reason) noexcept {
    auto& whole = *static_cast<chain*>(self);
    ring& kernel = *whole.at().kernel();
    // The kernel may have ended one and not begun the next yet, which nothing would find then: it
    // does what it has put off, some twenty steps each time.
    if (whole.members_.front()->answered_)
        for (int steps = 0; steps < 8; ++steps) kernel.poll();
    for (chain_member* each : whole.members_) {
        if (each->answered_) continue;
        // The first that is not done runs; what follows ends with it.
        if (!kernel.cancel(*each)) {
            whole.started_ = false;
            whole.finish(reason);
        }
        return;
    }
}

std::error_code chain::error_of(std::size_t index) const noexcept {
    if (!started_) return error();
    const int result = members_[index]->event_.result;
    if (result >= 0) return {};
    if (gave_up(result) && aborted()) return reason();
    if (result == -ECANCELED) return make_error_code(error::canceled);
    return kernel_error(result == -erestartsys ? EINTR : -result);
}

std::size_t chain::broken_at() const noexcept {
    if (!started_) return 0;
    for (std::size_t index = 0; index < members_.size(); ++index) {
        const int result = members_[index]->event_.result;
        if (result >= 0) continue;
        // Never begun although the one before succeeded: that one's transfer was short.
        const bool short_before = index > 0 && result == -ECANCELED && !aborted();
        return short_before ? index - 1 : index;
    }
    return members_.size();
}

}  // namespace lariat
