#include "aio/op/datagram.hpp"

#include <liburing.h>

#include "aio/op/transfer_hints.hpp"

namespace lariat {
namespace {

// msghdr has no const, and nothing is written through it but the bytes that are received.
iovec* as_one(const void* view) noexcept { return static_cast<iovec*>(const_cast<void*>(view)); }

}  // namespace

void receive_datagram::prepare(io_uring_sqe& entry) const noexcept {
    static_assert(sizeof buffer == sizeof(iovec));
    header = {};
    header.msg_iov = as_one(&buffer);
    header.msg_iovlen = 1;
    header.msg_name = &sender.bytes;
    header.msg_namelen = sizeof sender.bytes;
    io_uring_prep_recvmsg(&entry, socket.number(), &header,
                          static_cast<unsigned>(flags | MSG_TRUNC));
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

received_datagram receive_datagram::value(completion_event event) const noexcept {
    sender.size = header.msg_namelen;
    const auto size = static_cast<std::size_t>(event.result);
    const std::size_t count = std::min(size, buffer.size());
    return {count, size - count, sender.read()};
}

void send_datagram::prepare(io_uring_sqe& entry) const noexcept {
    static_assert(sizeof buffer == sizeof(iovec));
    header = {};
    header.msg_iov = as_one(&buffer);
    header.msg_iovlen = 1;
    header.msg_name = to.size() == 0 ? nullptr : const_cast<sockaddr*>(to.data());
    header.msg_namelen = to.size();
    io_uring_prep_sendmsg(&entry, socket.number(), &header,
                          static_cast<unsigned>(flags | MSG_NOSIGNAL));
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

}  // namespace lariat
