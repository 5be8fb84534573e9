#include "aio/op/waiting_file.hpp"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/uio.h>

#include "aio/op/file.hpp"
#include "aio/op/gave_up.hpp"
#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

/// What comes after an answer: a poll after EAGAIN, and after the poll another try.
/// Returns: whether anything does.
bool goes_on(completion_event event, bool& polls) noexcept {
    if (polls) {
        polls = false;
        return event.result >= 0;
    }
    polls = event.result == -EAGAIN;
    return polls;
}

}  // namespace

void read_waiting::prepare(io_uring_sqe& entry) const noexcept {
    // Asked for no bytes, a terminal would still wait until there are some.
    if (buffer.empty()) [[unlikely]]
        return io_uring_prep_nop(&entry);
    if (polls)
        io_uring_prep_poll_add(&entry, file.number(), POLLIN);
    else
        io_uring_prep_read(&entry, file.number(), buffer.data(), buffer.transfer_size(),
                           current_position);
    entry.flags = file.entry_flags();
}

bool read_waiting::other_way(completion_event event) const noexcept {
    return goes_on(event, polls);
}

void write_waiting::prepare(io_uring_sqe& entry) const noexcept {
    if (buffer.empty()) [[unlikely]]
        return io_uring_prep_nop(&entry);
    if (how == hush::by_flag && !capabilities().since({6, 18})) how = hush::by_worker;
    if (how == hush::by_worker && !capabilities().since({6, 4})) how = hush::by_patient_worker;
    polls = polls || (how == hush::by_patient_worker && !asked);
    if (polls) {
        io_uring_prep_poll_add(&entry, file.number(), POLLOUT);
        entry.flags = file.entry_flags();
        return;
    }
    io_uring_prep_write(&entry, file.number(), buffer.data(), buffer.transfer_size(),
                        current_position);
    entry.flags = file.entry_flags();
    if (how == hush::by_flag) entry.rw_flags = kernel::rwf_nosignal;
    if (how == hush::by_worker) entry.rw_flags = RWF_NOWAIT;
    if (how == hush::by_worker || how == hush::by_patient_worker) entry.flags |= IOSQE_ASYNC;
}

bool write_waiting::other_way(completion_event event) const noexcept {
    const bool may_change = how == hush::by_flag || how == hush::by_worker;
    if (event.result == -EOPNOTSUPP && may_change && !polls) {
        how = how == hush::by_flag ? hush::by_worker : hush::by_patient_worker;
        return true;
    }
    // The process was stopped, and goes on; nothing was written.
    const bool interrupted = event.result == -EINTR || event.result == -erestartsys;
    if (interrupted && how == hush::by_patient_worker && !polls) {
        asked = false;
        return true;
    }
    const bool polled = polls;
    const bool more = goes_on(event, polls);
    asked = polled && more;
    return more;
}

}  // namespace lariat
