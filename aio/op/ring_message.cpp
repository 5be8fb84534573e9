#include "aio/op/ring_message.hpp"

#include <errno.h>
#include <liburing.h>

#include <utility>

#include "aio/op/direct_table.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/kernel_abi.hpp"
#include "runtime/ring.hpp"

namespace lariat {
namespace {

// A message says that more will come: nothing was submitted for it here.
constexpr unsigned flags_of(unsigned kind) noexcept { return IORING_CQE_F_MORE | kind << 16; }
constexpr unsigned kind_in(completion_event event) noexcept { return event.flags >> 16; }

int descriptor_of_ring(home& at) {
    check(at.kernel(), "ring_inbox: made without a scheduler");
    return at.kernel()->descriptor();
}

}  // namespace

bool ring_inbox::gate::enter() noexcept {
    std::uint32_t seen = on_their_way_.load(std::memory_order_relaxed);
    while (!(seen & closed)) {
        if (on_their_way_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel))
            return true;
    }
    return false;
}

ring_inbox::ring_inbox(direct_table* files)
    : home_(home::current()),
      files_(files),
      gate_(std::make_shared<gate>(descriptor_of_ring(home_), home_, *this, files != nullptr)),
      next_(std::make_unique<next_message>(*this)) {}

ring_inbox::~ring_inbox() {
    check(!waiter_, "ring_inbox: destroyed while its next message is waited for");
    gate_->close();
    if (!gate_->empty()) home_.drain_until([this] { return gate_->empty(); });
    while (!messages_.empty()) (void)take();
}

void ring_inbox::complete(completion_event event) noexcept {
    gate_->arrived();
    if (kind_in(event) == static_cast<unsigned>(ring_send::kind::nothing)) return;
    if (!messages_.push(event)) {
        (void)message_of(event);
        lost_ = true;
    }
    if (!waiter_) return;
    if (!messages_.empty())
        std::exchange(waiter_, nullptr)->finish({}, 1);
    else
        start(*std::exchange(waiter_, nullptr));
}

void ring_inbox::start(aio& waiter) noexcept {
    check(!waiter_, "ring_inbox: next was awaited while another one waits");
    if (!messages_.empty()) return waiter.finish({}, 1);
    if (std::exchange(lost_, false))
        return waiter.finish(std::make_error_code(std::errc::not_enough_memory));
    if (waiter.defer(&give_up, this)) waiter_ = &waiter;
}

void ring_inbox::give_up(aio& waiter, void* self, std::error_code reason) noexcept {
    static_cast<ring_inbox*>(self)->waiter_ = nullptr;
    waiter.finish(reason);
}

ring_message ring_inbox::take() noexcept { return message_of(messages_.pop()); }

ring_message ring_inbox::message_of(completion_event event) noexcept {
    switch (static_cast<ring_send::kind>(kind_in(event))) {
        case ring_send::kind::number:
            return {0, descriptor::adopt(event.result)};
        case ring_send::kind::direct:
            return {0, descriptor::adopt(*files_, event.result)};
        default:
            return {static_cast<std::uint32_t>(event.result), {}};
    }
}

ring_send::ring_send(send_descriptor call) noexcept
    : to_(call.to),
      file_(&call.file),
      kind_(call.file.is_direct() ? kind::direct : kind::number),
      installing_(call.file.is_direct()) {
    check(static_cast<bool>(call.file), "send_descriptor: there is none to send");
    if (!installing_) word_ = static_cast<std::uint32_t>(call.file.number());
}

bool ring_send::launch() noexcept {
    if (!begin_on_strand()) return end_launch();
    if (!current_ring().since({6, 3})) {
        finish(kernel_error(ENOSYS));
    } else if (installing_ && !to_->takes_direct()) {
        finish(kernel_error(ENXIO));
    } else if (!to_->enter()) {
        finish(make_error_code(error::closed));
    } else if (!defer(nullptr, nullptr)) {
        to_->arrived();
    } else if (&at() == &to_->at()) {
        deliver_at_home();
    } else {
        submit();
    }
    return end_launch();
}

/// To an inbox of this very ring the way is short.
void ring_send::deliver_at_home() noexcept {
    // A ring has one table: a direct descriptor is in the right one.
    if (installing_) word_ = static_cast<std::uint32_t>(descriptor_ref(*file_).number());
    completion& target = to_->target();
    const completion_event message{static_cast<int>(word_), flags_of(static_cast<unsigned>(kind_))};
    if (kind_ == kind::direct) file_->detach();
    if (kind_ == kind::number) (void)file_->release();
    target.complete(message);
    finish({});
}

void ring_send::submit() noexcept { at().kernel()->start(*this); }

void ring_send::prepare(io_uring_sqe& entry) const noexcept {
    const int ring = to_->ring();
    if (installing_) {
        io_uring_prep_rw(IORING_OP_MSG_RING, &entry, ring, nullptr, 0, 0);
        entry.addr = IORING_MSG_SEND_FD;
        entry.addr3 = static_cast<std::uint64_t>(descriptor_ref(*file_).number());
        entry.file_index = IORING_FILE_INDEX_ALLOC;
        entry.msg_ring_flags = IORING_MSG_RING_CQE_SKIP;
        return;
    }
    const auto target = reinterpret_cast<std::uint64_t>(&to_->target());
    io_uring_prep_rw(IORING_OP_MSG_RING, &entry, ring, nullptr, word_, target);
    entry.msg_ring_flags = kernel::msg_ring_flags_pass;
    entry.file_index = flags_of(static_cast<unsigned>(kind_));
}

void ring_send::complete(completion_event event) noexcept {
    if (installing_) {
        installing_ = false;
        if (event.result >= 0) {
            word_ = static_cast<std::uint32_t>(event.result);
        } else {
            // The inbox still waits for a message of this sender: it gets one that is none.
            failure_ = -event.result;
            kind_ = kind::nothing;
        }
        return submit();
    }
    // The other ring has no room just now. It is there: the gate keeps it.
    if (event.result < 0) return submit();
    end();
}

void ring_send::end() noexcept {
    if (failure_) return finish(kernel_error(failure_));
    if (kind_ == kind::number) (void)file_->release();
    if (kind_ == kind::direct) *file_ = {};
    finish({});
}

void ring_send::describe(wait_report& report) const {
    aio::describe(report);
    report.name = file_ ? send_descriptor::name : send_word::name;
    report.provider = "kernel";
}

}  // namespace lariat
