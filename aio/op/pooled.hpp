#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "aio/address.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/buffer_pool.hpp"
#include "aio/op/file.hpp"
#include "aio/op/operation.hpp"
#include "aio/op/remedy.hpp"

namespace lariat {

/// Receives what has arrived, into a buffer of the pool that the kernel picks then: while nothing
/// comes, none is used. With `multishot<receive_pooled>` one entry serves a whole connection.
/// Returns: the buffer with the bytes; an empty one when the peer closed its side, which ends a
/// multishot with `end_of_stream`.
/// Errors: no_buffer_space when all buffers are in use; else those of `receive`.
/// Cancel: nothing is taken; data beats cancel.
/// Source: recv(2), io_uring_prep_recv_multishot(3), Linux 6.0; several buffers in one answer since
/// Linux 6.10.
struct receive_pooled {
    static constexpr const char* name = "receive_pooled";
    static constexpr kernel_version multishot_since{6, 0};

    descriptor_ref socket;
    buffer_pool& pool;
    int flags = 0;
    bool poll_first = false;  ///< As in `receive`.

    void prepare(io_uring_sqe& entry) const noexcept;
    void prepare_multishot(io_uring_sqe& entry) const noexcept;
    static remedy remedy_for(std::error_code why) noexcept;
    static bool is_end(completion_event event) noexcept { return event.result == 0; }
    pooled_buffer value(completion_event event) const noexcept { return pool.take(event); }
};

/// Reads what is there, into a buffer of the pool that the kernel picks then. A multishot is for
/// what waits: pipes, terminals, event descriptors.
/// Returns: the buffer with the bytes; an empty one at the end, which ends a multishot with
/// `end_of_stream`.
/// Errors: no_buffer_space when all buffers are in use; bad_file_descriptor for a multishot of what
/// cannot be polled; else those of `read`.
/// Source: read(2), Linux 5.7; multishot Linux 6.7, one read after the other before.
struct read_pooled {
    static constexpr const char* name = "read_pooled";
    static constexpr kernel_version multishot_since{6, 7};

    descriptor_ref file;
    buffer_pool& pool;
    std::uint64_t offset = current_position;

    void prepare(io_uring_sqe& entry) const noexcept;
    void prepare_multishot(io_uring_sqe& entry) const noexcept;
    static remedy remedy_for(std::error_code why) noexcept;
    static bool is_end(completion_event event) noexcept { return event.result == 0; }
    pooled_buffer value(completion_event event) const noexcept { return pool.take(event); }
};

/// A datagram, or what has arrived on a connection, in a buffer of a pool.
class pooled_message {
  public:
    pooled_message() = default;

    /// The bytes, as many as had room.
    std::span<std::byte> payload() const noexcept { return payload_; }

    /// Who sent it; names nothing on a connection.
    const address& from() const noexcept { return from_; }

    /// Ancillary data, for CMSG_NXTHDR; aligned as a `cmsghdr` is.
    std::span<std::byte> ancillary() const noexcept { return ancillary_; }

    /// MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE.
    int flags() const noexcept { return flags_; }

    /// Some of the datagram had no room, and is lost.
    bool truncated() const noexcept { return flags_ & MSG_TRUNC; }

  private:
    friend struct receive_message_pooled;

    pooled_buffer buffer_;
    std::span<std::byte> payload_;
    std::span<std::byte> ancillary_;
    address from_;
    int flags_ = 0;
};

/// Datagrams one after the other, each with its sender, in buffers of a pool:
/// `multishot<receive_message_pooled>`. A buffer holds the kernel's header of 16 bytes, an address
/// of 128 and the ancillary data before the bytes. For sockets with datagrams: the end of a
/// connection looks like one without a byte.
/// Requires: a pool that is not incremental.
/// Errors: no_buffer_space never ends it; else those of `receive_message`.
/// Source: recvmsg(2), io_uring_prep_recvmsg_multishot(3), Linux 6.0.
struct receive_message_pooled {
    static constexpr const char* name = "receive_message_pooled";
    static constexpr kernel_version multishot_since{6, 0};
    static constexpr bool only_multishot = true;

    descriptor_ref socket;
    buffer_pool& pool;
    std::size_t ancillary = 0;  ///< Room for ancillary data in each buffer; a multiple of 8.
    int flags = 0;
    bool poll_first = false;  ///< As in `receive`.
    mutable msghdr header{};  ///< What the kernel reads; made by `prepare_multishot`.

    void prepare(io_uring_sqe& entry) const noexcept { prepare_multishot(entry); }
    void prepare_multishot(io_uring_sqe& entry) const noexcept;
    static remedy remedy_for(std::error_code why) noexcept;
    pooled_message value(completion_event event) const noexcept;
};

}  // namespace lariat
