#include "aio/op/pooled.hpp"

#include <errno.h>
#include <liburing.h>

#include <algorithm>

#include "aio/op/transfer_hints.hpp"
#include "runtime/check.hpp"
#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

// The size is the buffer's: the entry names none.
void pick_from(buffer_pool& pool, io_uring_sqe& entry) noexcept {
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = pool.group();
    pool.expect_answers();
}

remedy remedy_of_pool(std::error_code why) noexcept {
    return why == kernel_error(ENOBUFS) ? remedy::wait : remedy::none;
}

}  // namespace

void receive_pooled::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_recv(&entry, socket.number(), nullptr, 0, flags);
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
    pick_from(pool, entry);
}

void receive_pooled::prepare_multishot(io_uring_sqe& entry) const noexcept {
    prepare(entry);
    entry.ioprio |= IORING_RECV_MULTISHOT;
    if (capabilities().since({6, 10})) entry.ioprio |= kernel::recvsend_bundle;
}

remedy receive_pooled::remedy_for(std::error_code why) noexcept { return remedy_of_pool(why); }

void read_pooled::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_read(&entry, file.number(), nullptr, 0, offset);
    entry.flags = file.entry_flags();
    pick_from(pool, entry);
}

void read_pooled::prepare_multishot(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_read_multishot, &entry, file.number(), nullptr, 0, offset);
    entry.flags = file.entry_flags();
    pick_from(pool, entry);
}

remedy read_pooled::remedy_for(std::error_code why) noexcept { return remedy_of_pool(why); }

void receive_message_pooled::prepare_multishot(io_uring_sqe& entry) const noexcept {
    check(!pool.incremental(),
          "receive_message_pooled: what is left of an incremental buffer may "
          "have no room for a datagram");
    header = {};
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_controllen = ancillary;
    io_uring_prep_recvmsg_multishot(&entry, socket.number(), &header,
                                    static_cast<unsigned>(flags | MSG_CMSG_CLOEXEC));
    entry.ioprio |= transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
    pick_from(pool, entry);
}

remedy receive_message_pooled::remedy_for(std::error_code why) noexcept {
    return remedy_of_pool(why);
}

pooled_message receive_message_pooled::value(completion_event event) const noexcept {
    pooled_message message;
    message.buffer_ = pool.take(event);
    io_uring_recvmsg_out* const out = io_uring_recvmsg_validate(
        message.buffer_.data(), static_cast<int>(message.buffer_.size()), &header);
    if (!out) return message;
    const auto* const sender = static_cast<const sockaddr*>(io_uring_recvmsg_name(out));
    const auto from = address::from(
        sender, static_cast<socklen_t>(std::min<std::size_t>(out->namelen, header.msg_namelen)));
    if (from) message.from_ = *from;
    auto* const control = reinterpret_cast<std::byte*>(out + 1) + header.msg_namelen;
    message.ancillary_ = {control, std::min<std::size_t>(out->controllen, ancillary)};
    message.payload_ = {control + ancillary, message.buffer_.end()};
    message.flags_ = static_cast<int>(out->flags) & ~MSG_CMSG_CLOEXEC;
    return message;
}

}  // namespace lariat
