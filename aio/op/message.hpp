#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/socket.hpp"

namespace lariat {

/// What `receive_message` received.
struct received_message {
    std::size_t count = 0;      ///< Bytes in the buffers.
    address from;               ///< Who sent it; names nothing on a connection.
    std::size_t ancillary = 0;  ///< Bytes in the buffer of ancillary data, for CMSG_NXTHDR.
    int flags = 0;              ///< MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE.

    /// Some of the datagram had no room, and is lost.
    bool truncated() const noexcept { return flags & MSG_TRUNC; }
    /// Some of the ancillary data had no room, and is lost.
    bool ancillary_truncated() const noexcept { return flags & MSG_CTRUNC; }
};

/// Receives a datagram, or what has arrived on a connection, with where it came from and what came
/// beside it. Without room in the buffers it still waits for a message, as the kernel does.
/// Errors: connection_reset, bad_file_descriptor; message_size for more than 1024 buffers;
/// canceled, timed_out. Lifetime: buffers, the array of their views and `ancillary` are the
/// kernel's until the operation has finished, even after cancel. Descriptors that arrive are
/// close-on-exec and the caller's. Source: recvmsg(2), cmsg(3), io_uring_prep_recvmsg(3),
/// Linux 5.3.
struct receive_message {
    static constexpr const char* name = "receive_message";

    descriptor_ref socket;
    std::span<const buffer_view> buffers;
    buffer_view ancillary{};  ///< Aligned as a `cmsghdr` is.
    int flags = 0;
    bool poll_first = false;           ///< As in `receive`.
    mutable msghdr header{};           ///< What the kernel reads and fills; made by `prepare`.
    mutable address_storage sender{};  ///< What the kernel fills.

    void prepare(io_uring_sqe& entry) const noexcept;
    received_message value(completion_event event) const noexcept;
};

/// Sends a datagram, or bytes on a connection, gathered from several buffers, with ancillary data.
/// Never raises SIGPIPE.
/// Returns: how many bytes.
/// Errors: broken_pipe, connection_reset, message_size for a datagram that is too long or more than
/// 1024 buffers, destination_address_required; canceled, timed_out.
/// Lifetime: as with `receive_message`.
/// Source: sendmsg(2), cmsg(3), io_uring_prep_sendmsg(3), Linux 5.3.
struct send_message {
    static constexpr const char* name = "send_message";

    descriptor_ref socket;
    std::span<const const_buffer_view> buffers;
    address to{};  ///< Names nothing: to whom the socket is connected.
    const_buffer_view ancillary{};
    int flags = 0;
    bool poll_first = false;  ///< As in `send`.
    mutable msghdr header{};  ///< What the kernel reads; made by `prepare`.

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same as `receive` into several buffers, in their order.
/// Returns: how many bytes; 0 when the peer closed its side, and at once without room in the
/// buffers.
/// Errors: those of `receive`; message_size for more than 1024 buffers.
/// Lifetime: the array of views is read by the kernel too.
/// Source: recvmsg(2), io_uring_prep_recvmsg(3), Linux 5.3.
struct receive_scattered {
    static constexpr const char* name = "receive_scattered";
    static constexpr bool counts = true;

    descriptor_ref socket;
    std::span<const buffer_view> buffers;
    int flags = 0;
    bool poll_first = false;  ///< As in `receive`.
    mutable msghdr header{};  ///< What the kernel reads; made by `prepare`.

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// The same as `send` from several buffers, in their order.
/// Errors: those of `send`; message_size for more than 1024 buffers.
/// Lifetime: the array of views is read by the kernel too.
/// Source: sendmsg(2), io_uring_prep_sendmsg(3), Linux 5.3.
struct send_gathered {
    static constexpr const char* name = "send_gathered";
    static constexpr bool counts = true;

    descriptor_ref socket;
    std::span<const const_buffer_view> buffers;
    int flags = 0;
    bool poll_first = false;  ///< As in `send`.
    mutable msghdr header{};  ///< What the kernel reads; made by `prepare`.

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

}  // namespace lariat
