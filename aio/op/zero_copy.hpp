#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/buffer_table.hpp"
#include "aio/op/message.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// Whether the kernel sent from the caller's memory.
enum class copy_usage : std::uint8_t {
    unknown,  ///< A kernel before 6.2 does not tell.
    avoided,  ///< Nothing was copied.
    copied,   ///< It was copied all the same: the loopback device, a socket that can do no other.
};

/// What a zero-copy send did.
struct sent_zero_copy {
    std::size_t count = 0;
    copy_usage usage = copy_usage::unknown;
};

/// What a zero-copy send knows between its two answers.
struct zero_copy_progress {
    int result = 0;  ///< Of the first.
    copy_usage usage = copy_usage::unknown;
    bool plain = false;  ///< The socket cannot; a plain send instead.

    completion_event heard(completion_event event) noexcept;
    bool other_way(completion_event event) noexcept;
    sent_zero_copy sent(completion_event event) const noexcept {
        return {static_cast<std::size_t>(event.result), usage};
    }
};

/// The same as `send`, without a copy of the bytes into the kernel. It finishes when the network
/// needs them no more, which may take until the peer has acknowledged them; the buffer is the
/// caller's again only then. Pays from several KiB on, on a real network. A socket that cannot
/// (unix, a limit of memory) sends plainly.
/// Returns: how many bytes were sent, and whether they were copied.
/// Errors: those of `send`.
/// Cancel: ends a wait for room in the socket; what is on its way still needs the buffer.
/// Source: io_uring_prep_send_zc(3), Linux 6.0; its report of copies Linux 6.2.
struct send_zero_copy {
    static constexpr const char* name = "send_zero_copy";

    descriptor_ref socket;
    const_buffer_view buffer;
    int flags = 0;            ///< MSG_MORE, MSG_WAITALL; MSG_NOSIGNAL is always there.
    bool poll_first = false;  ///< As in `send`.
    mutable zero_copy_progress progress{};

    void prepare(io_uring_sqe& entry) const noexcept;
    completion_event translated(completion_event event) const noexcept {
        return progress.heard(event);
    }
    bool other_way(completion_event event) const noexcept { return progress.other_way(event); }
    sent_zero_copy value(completion_event event) const noexcept { return progress.sent(event); }
};

/// The same as `send_zero_copy`, from registered memory, whose pages need not be looked up.
/// Source: io_uring_prep_send_zc_fixed(3), Linux 6.0.
struct send_zero_copy_fixed {
    static constexpr const char* name = "send_zero_copy_fixed";

    descriptor_ref socket;
    fixed_view buffer;
    int flags = 0;
    bool poll_first = false;  ///< As in `send`.
    mutable zero_copy_progress progress{};

    void prepare(io_uring_sqe& entry) const noexcept;
    completion_event translated(completion_event event) const noexcept {
        return progress.heard(event);
    }
    bool other_way(completion_event event) const noexcept { return progress.other_way(event); }
    sent_zero_copy value(completion_event event) const noexcept { return progress.sent(event); }
};

/// The same as `send_message` without a copy of the bytes. `inside` names the registered buffer
/// that all of them are parts of, if they are: Linux 6.15, without it before.
/// Source: io_uring_prep_sendmsg_zc(3), Linux 6.1.
struct send_message_zero_copy {
    static constexpr const char* name = "send_message_zero_copy";

    descriptor_ref socket;
    std::span<const const_buffer_view> buffers;
    address to{};  ///< Names nothing: to whom the socket is connected.
    const_buffer_view ancillary{};
    fixed_view inside{};
    int flags = 0;
    bool poll_first = false;  ///< As in `send`.
    mutable msghdr header{};  ///< What the kernel reads; made by `prepare`.
    mutable zero_copy_progress progress{};

    void prepare(io_uring_sqe& entry) const noexcept;
    completion_event translated(completion_event event) const noexcept {
        return progress.heard(event);
    }
    bool other_way(completion_event event) const noexcept { return progress.other_way(event); }
    sent_zero_copy value(completion_event event) const noexcept { return progress.sent(event); }
};

}  // namespace lariat
