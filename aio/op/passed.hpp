#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// How many descriptors one operation passes through a unix domain socket. The kernel takes up to
/// 253; few need more than a handful, and each has its place in the operation.
inline constexpr std::size_t most_passed = 16;

/// The place of passed descriptors in a message; as the kernel wants it aligned.
struct alignas(cmsghdr) passed_storage {
    std::array<std::byte, CMSG_SPACE(most_passed * sizeof(int))> bytes{};
};

/// Bytes, and the descriptors that came beside them. Those that nobody takes are closed.
struct received_passed {
    std::size_t count = 0;   ///< Bytes in the buffer; 0 at the end.
    std::size_t passed = 0;  ///< How many of `descriptors` came.
    std::array<descriptor, most_passed> descriptors;
    bool truncated = false;  ///< More came than `most_passed`: the kernel has closed the rest.
};

/// Receives bytes of a unix domain stream, and the descriptors that were sent with them: they are
/// close-on-exec and owned by what is yielded.
/// Errors: those of `receive`.
/// Cancel: nothing is taken; descriptors that had arrived and reach nobody are closed.
/// Lifetime: as with `receive`. Source: unix(7), cmsg(3), recvmsg(2), Linux 5.3.
struct receive_passed {
    static constexpr const char* name = "receive_passed";

    descriptor_ref socket;
    buffer_view buffer;
    mutable msghdr header{};           ///< What the kernel reads and fills; made by `prepare`.
    mutable passed_storage arrived{};  ///< What the kernel fills.

    void prepare(io_uring_sqe& entry) const noexcept;
    received_passed value(completion_event event) const noexcept;
};

/// Sends bytes of a unix domain stream and descriptors with the first of them. The sender keeps
/// its own; what arrives are duplicates.
/// Requires: at least one byte, and at most `most_passed` descriptors, none of them direct.
/// Returns: how many bytes; with fewer than all, the descriptors are on their way all the same.
/// Errors: those of `send`; bad_file_descriptor; too_many_files_open above what the user may have
/// on their way, ETOOMANYREFS.
/// Lifetime: as with `send`; the descriptors stay open until the operation has finished.
/// Source: unix(7), cmsg(3), sendmsg(2), Linux 5.3.
struct send_passed {
    static constexpr const char* name = "send_passed";
    static constexpr bool counts = true;

    descriptor_ref socket;
    const_buffer_view buffer;
    std::span<const descriptor_ref> descriptors;
    mutable msghdr header{};           ///< What the kernel reads; made by `prepare`.
    mutable passed_storage leaving{};  ///< What the kernel reads.

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

}  // namespace lariat
