#pragma once

#include <sys/socket.h>

#include <cstddef>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/copy_words.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/remedy.hpp"

namespace lariat {

/// The kernel's numbers, for socket(2).
enum class socket_type : int {
    stream = SOCK_STREAM,
    datagram = SOCK_DGRAM,
    packets = SOCK_SEQPACKET,
    raw = SOCK_RAW,
};

/// Makes a socket, close-on-exec.
/// Returns: the descriptor, which closes itself.
/// Errors: those of socket(2).
/// Source: socket(2), io_uring_prep_socket(3), Linux 5.19.
struct socket {
    static constexpr const char* name = "socket";

    address_family family = address_family::v4;
    socket_type type = socket_type::stream;
    int protocol = 0;
    direct_table* into = nullptr;  ///< Makes a direct descriptor of this table.

    void prepare(io_uring_sqe& entry) const noexcept;
    descriptor value(completion_event event) const noexcept { return opened_into(into, event); }
};

/// Gives a socket its local address.
/// Errors: address_in_use, address_not_available, permission_denied.
/// Source: bind(2), Linux 6.11; the system call before.
struct bind {
    static constexpr const char* name = "bind";

    descriptor_ref socket;
    lariat::address address;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}

    static bool supported(const ring& kernel) noexcept;
    completion_event fallback() const noexcept;
};

/// Lets peers connect to a socket.
/// Errors: address_in_use.
/// Source: listen(2), Linux 6.11; the system call before.
struct listen {
    static constexpr const char* name = "listen";

    descriptor_ref socket;
    int backlog = SOMAXCONN;  ///< Peers that wait to be accepted; the kernel has a limit as well.

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}

    static bool supported(const ring& kernel) noexcept;
    completion_event fallback() const noexcept;
};

/// Waits for a peer to connect. `accept_from` yields its address too.
/// Returns: the peer's descriptor, close-on-exec, which closes itself, also when nobody takes it.
/// Errors: those of accept4(2); invalid_argument once the socket was shut down; canceled.
/// Source: accept4(2), io_uring_prep_accept(3), Linux 5.5.
struct accept {
    static constexpr const char* name = "accept";

    descriptor_ref socket;
    direct_table* into = nullptr;  ///< Makes direct descriptors of this table.
    bool poll_first = false;       ///< Waits before it tries; from Linux 6.10, else it tries first.

    void prepare(io_uring_sqe& entry) const noexcept;

    static constexpr kernel_version multishot_since{5, 19};

    /// Accepts one peer after the other. Linux 5.19.
    void prepare_multishot(io_uring_sqe& entry) const noexcept;

    /// Linux reports a peer's network errors at accept: they end no one else's.
    /// Source: accept(2), "Error handling".
    static remedy remedy_for(std::error_code why) noexcept;

    descriptor value(completion_event event) const noexcept { return opened_into(into, event); }
};

/// An address that the kernel fills in.
struct address_storage {
    sockaddr_storage bytes{};
    socklen_t size = sizeof(sockaddr_storage);

    /// Returns: an address that names nothing if the peer has none, or one of a family that
    /// `address` does not know.
    address read() const noexcept;
};

/// A peer, and where it is.
struct accepted {
    descriptor socket;
    address peer;
};

/// The same as `accept`, with the peer's address.
struct accept_from {
    static constexpr const char* name = "accept";

    descriptor_ref socket;
    direct_table* into = nullptr;       ///< Makes a direct descriptor of this table.
    bool poll_first = false;            ///< As in `accept`.
    mutable address_storage storage{};  ///< What the kernel fills.

    void prepare(io_uring_sqe& entry) const noexcept;
    accepted value(completion_event event) const noexcept {
        return {opened_into(into, event), storage.read()};
    }
};

/// Connects a socket to a peer; a datagram socket only remembers it.
/// Errors: connection_refused, timed_out as the kernel's own, network_unreachable; canceled, after
/// which the socket is of no more use.
/// Source: connect(2), io_uring_prep_connect(3), Linux 5.5.
struct connect {
    static constexpr const char* name = "connect";

    descriptor_ref socket;
    lariat::address address;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// What a socket is done with; the kernel's numbers.
enum class direction : int {
    receive = SHUT_RD,
    send = SHUT_WR,
    both = SHUT_RDWR,
};

/// Ends a direction of a connection for good: after `send` the peer reads the end of the stream.
/// What is pending ends: receives with 0, accepts with invalid_argument.
/// Errors: not_connected.
/// Source: shutdown(2), io_uring_prep_shutdown(3), Linux 5.11.
struct shutdown {
    static constexpr const char* name = "shutdown";

    descriptor_ref socket;
    lariat::direction direction = lariat::direction::both;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// Receives what has arrived, at least one byte.
/// Returns: how many bytes; 0 when the peer closed its side. An empty buffer yields 0 at once,
/// takes nothing and tells nothing of the peer, unless `flags` ask the kernel something. Errors:
/// connection_reset, bad_file_descriptor; canceled, timed_out. Cancel: nothing is taken; data beats
/// cancel. Lifetime: the buffer is the kernel's until the operation has finished, even after
/// cancel. Source: recv(2), io_uring_prep_recv(3), Linux 5.6; `poll_first` Linux 5.19.
struct receive {
    static constexpr const char* name = "receive";
    static constexpr bool counts = true;

    descriptor_ref socket;
    buffer_view buffer;
    int flags = 0;  ///< MSG_PEEK, MSG_WAITALL and the like.
    /// Waits before it tries: spares a try where nothing can be there.
    wide_bool poll_first = false;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// Sends some of the buffer, usually all; `write_all` goes on until all is sent. A peer that is
/// gone is an error, never SIGPIPE. Returns: how many bytes. Errors: broken_pipe, connection_reset,
/// bad_file_descriptor; canceled, timed_out. Lifetime: the buffer must not change until the
/// operation has finished, even after cancel. Source: send(2), io_uring_prep_send(3), Linux 5.6;
/// `poll_first` Linux 5.19.
struct send {
    static constexpr const char* name = "send";
    static constexpr bool counts = true;

    descriptor_ref socket;
    const_buffer_view buffer;
    int flags = 0;  ///< MSG_MORE, MSG_WAITALL and the like; MSG_NOSIGNAL always.
    /// Waits before it tries: spares a try where no room can be.
    wide_bool poll_first = false;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

}  // namespace lariat
