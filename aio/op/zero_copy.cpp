#include "aio/op/zero_copy.hpp"

#include <errno.h>
#include <liburing.h>

#include "aio/op/transfer_hints.hpp"
#include "runtime/capabilities.hpp"
#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

std::uint16_t report_if_it_can() noexcept {
    return capabilities().since({6, 2}) ? kernel::send_report_usage : std::uint16_t{};
}

}  // namespace

completion_event zero_copy_progress::heard(completion_event event) noexcept {
    if (event.more()) {
        result = event.result;
    } else if (event.flags & IORING_CQE_F_NOTIF) {
        if (capabilities().since({6, 2}))
            usage = static_cast<std::uint32_t>(event.result) & kernel::notification_copied
                        ? copy_usage::copied
                        : copy_usage::avoided;
        event.result = result;
    }
    return event;
}

bool zero_copy_progress::other_way(completion_event event) noexcept {
    const bool cannot =
        event.result == -EOPNOTSUPP || event.result == -ENOMEM || event.result == -ENOBUFS;
    if (!cannot || plain) return false;
    plain = true;
    usage = copy_usage::copied;
    return true;
}

void send_zero_copy::prepare(io_uring_sqe& entry) const noexcept {
    if (progress.plain)
        return send{.socket = socket, .buffer = buffer, .flags = flags, .poll_first = poll_first}
            .prepare(entry);
    io_uring_prep_send_zc(&entry, socket.number(), buffer.data(), buffer.transfer_size(),
                          flags | MSG_NOSIGNAL, report_if_it_can());
    entry.ioprio |= transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

void send_zero_copy_fixed::prepare(io_uring_sqe& entry) const noexcept {
    send_zero_copy{.socket = socket,
                   .buffer = {buffer.data(), buffer.size()},
                   .flags = flags,
                   .poll_first = poll_first,
                   .progress = progress}
        .prepare(entry);
    if (progress.plain) return;
    entry.ioprio |= IORING_RECVSEND_FIXED_BUF;
    entry.buf_index = buffer.place();
}

void send_message_zero_copy::prepare(io_uring_sqe& entry) const noexcept {
    const send_message plain{.socket = socket,
                             .buffers = buffers,
                             .to = to,
                             .ancillary = ancillary,
                             .flags = flags,
                             .poll_first = poll_first};
    plain.prepare(entry);
    header = plain.header;
    // The header's address stays ours, not that of the description which filled it.
    if (header.msg_name) header.msg_name = const_cast<sockaddr*>(to.data());
    entry.addr = reinterpret_cast<std::uint64_t>(&header);
    if (progress.plain) return;
    entry.opcode = IORING_OP_SENDMSG_ZC;
    entry.ioprio |= report_if_it_can();
    if (inside.empty() || !capabilities().since({6, 15})) return;
    entry.ioprio |= IORING_RECVSEND_FIXED_BUF;
    entry.buf_index = inside.place();
}

}  // namespace lariat
