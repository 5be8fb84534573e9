#pragma once

#include <cstddef>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// Reads an option of a socket.
/// Returns: how many bytes of `value` it has.
/// Errors: those of getsockopt(2); bad_file_descriptor for a direct descriptor before Linux 6.7;
/// not_supported for a direct one and a level other than SOL_SOCKET.
/// Source: getsockopt(2), Linux 6.7 and SOL_SOCKET; the system call otherwise.
struct get_option {
    static constexpr const char* name = "get_option";

    descriptor_ref socket;
    int level = 0;
    int option = 0;
    buffer_view value_into;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }

    bool supported(const ring& kernel) const noexcept;
    completion_event fallback() const noexcept;
};

/// Sets an option of a socket.
/// Errors: those of setsockopt(2); bad_file_descriptor for a direct descriptor before Linux 6.7.
/// Source: setsockopt(2), Linux 6.7; the system call before.
struct set_option {
    static constexpr const char* name = "set_option";

    descriptor_ref socket;
    int level = 0;
    int option = 0;
    const_buffer_view value_from;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}

    static bool supported(const ring& kernel) noexcept;
    completion_event fallback() const noexcept;
};

/// How many bytes have arrived at a socket and were not received.
/// Errors: those of ioctl(2) with SIOCINQ; bad_file_descriptor for a direct one before Linux 6.7.
/// Source: ioctl(2), which every socket knows; for a direct one a command, Linux 6.7, which those
/// of TCP and UDP know.
struct unread_bytes {
    static constexpr const char* name = "unread_bytes";

    descriptor_ref socket;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }

    bool supported(const ring& kernel) const noexcept;
    completion_event fallback() const noexcept;
};

/// How many bytes were sent and are still in the socket.
/// Errors: those of ioctl(2) with SIOCOUTQ; bad_file_descriptor for a direct one before Linux 6.7.
/// Source: as of `unread_bytes`.
struct unsent_bytes {
    static constexpr const char* name = "unsent_bytes";

    descriptor_ref socket;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }

    bool supported(const ring& kernel) const noexcept;
    completion_event fallback() const noexcept;
};

}  // namespace lariat
