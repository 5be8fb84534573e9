#include "aio/op/message.hpp"

#include <liburing.h>

#include <algorithm>
#include <type_traits>

#include "aio/op/transfer_hints.hpp"

namespace lariat {
namespace {

// msghdr has no const: one type serves both directions. Sending writes to none of it.
template <class Views>
void fill_buffers(msghdr& header, Views views, const std::byte* ancillary, std::size_t size) {
    static_assert(sizeof(typename Views::value_type) == sizeof(iovec));
    header.msg_iov = reinterpret_cast<iovec*>(
        const_cast<std::remove_const_t<typename Views::element_type>*>(views.data()));
    header.msg_iovlen = views.size();
    header.msg_control = size == 0 ? nullptr : const_cast<std::byte*>(ancillary);
    header.msg_controllen = size;
    header.msg_flags = 0;
}

}  // namespace

void receive_message::prepare(io_uring_sqe& entry) const noexcept {
    fill_buffers(header, buffers, ancillary.data(), ancillary.size());
    header.msg_name = &sender.bytes;
    header.msg_namelen = sizeof sender.bytes;
    io_uring_prep_recvmsg(&entry, socket.number(), &header,
                          static_cast<unsigned>(flags | MSG_CMSG_CLOEXEC));
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

received_message receive_message::value(completion_event event) const noexcept {
    sender.size = header.msg_namelen;
    return {static_cast<std::size_t>(event.result), sender.read(), header.msg_controllen,
            header.msg_flags & ~MSG_CMSG_CLOEXEC};
}

void send_message::prepare(io_uring_sqe& entry) const noexcept {
    fill_buffers(header, buffers, ancillary.data(), ancillary.size());
    header.msg_name = to.size() == 0 ? nullptr : const_cast<sockaddr*>(to.data());
    header.msg_namelen = to.size();
    io_uring_prep_sendmsg(&entry, socket.number(), &header,
                          static_cast<unsigned>(flags | MSG_NOSIGNAL));
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

void receive_scattered::prepare(io_uring_sqe& entry) const noexcept {
    // Asked for no bytes, the kernel would still wait until there are some.
    if (flags == 0 && std::ranges::all_of(buffers, &buffer_view::empty)) [[unlikely]]
        return io_uring_prep_nop(&entry);
    fill_buffers(header, buffers, nullptr, 0);
    io_uring_prep_recvmsg(&entry, socket.number(), &header, static_cast<unsigned>(flags));
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

void send_gathered::prepare(io_uring_sqe& entry) const noexcept {
    fill_buffers(header, buffers, nullptr, 0);
    io_uring_prep_sendmsg(&entry, socket.number(), &header,
                          static_cast<unsigned>(flags | MSG_NOSIGNAL));
    entry.ioprio = transfer_hints(poll_first);
    entry.flags = socket.entry_flags();
}

}  // namespace lariat
