#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/socket.hpp"

namespace lariat {

/// What `receive_datagram` received.
struct received_datagram {
    std::size_t count = 0;  ///< Bytes in the buffer. 0 is a datagram without a byte, and no end.
    std::size_t lost = 0;   ///< Bytes that had no room.
    address from;           ///< Who sent it; names nothing if the sender has no address.

    bool truncated() const noexcept { return lost != 0; }
};

/// Receives the next datagram into one buffer, with where it came from.
/// Errors: connection_refused, on a socket that is connected: a datagram that was sent before found
/// nobody; bad_file_descriptor; canceled, timed_out.
/// Cancel: nothing is taken; data beats cancel.
/// Lifetime: the buffer is the kernel's until the operation has finished, even after cancel.
/// Source: recvmsg(2), udp(7), io_uring_prep_recvmsg(3), Linux 5.3.
struct receive_datagram {
    static constexpr const char* name = "receive_datagram";

    descriptor_ref socket;
    buffer_view buffer;
    int flags = 0;                     ///< MSG_PEEK and the like; MSG_TRUNC is always there.
    bool poll_first = false;           ///< As in `receive`.
    mutable msghdr header{};           ///< What the kernel reads and fills; made by `prepare`.
    mutable address_storage sender{};  ///< What the kernel fills.

    void prepare(io_uring_sqe& entry) const noexcept;
    received_datagram value(completion_event event) const noexcept;
};

/// Sends one datagram, whole or not at all. An empty buffer sends one without a byte.
/// Errors: message_size for one that is too long; destination_address_required without an address
/// on a socket that is not connected; connection_refused as of `receive_datagram`;
/// network_unreachable; permission_denied for a broadcast that was not allowed; canceled,
/// timed_out.
/// Lifetime: the buffer must not change until the operation has finished, even after cancel.
/// Source: sendmsg(2), udp(7), io_uring_prep_sendmsg(3), Linux 5.3.
struct send_datagram {
    static constexpr const char* name = "send_datagram";

    descriptor_ref socket;
    const_buffer_view buffer;
    address to{};  ///< Names nothing: to whom the socket is connected.
    int flags = 0;
    bool poll_first = false;  ///< As in `send`.
    mutable msghdr header{};  ///< What the kernel reads; made by `prepare`.

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

}  // namespace lariat
