#pragma once

#include <cstddef>
#include <cstdint>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// As `read` from the file's own position, of what waits: a pipe, a terminal. It waits also if
/// someone who shares the file has set O_NONBLOCK on it.
/// Returns: how many bytes; 0 at the end, or for an empty buffer.
/// Errors: those of read(2), except EAGAIN; canceled, timed_out.
/// Cancel: nothing is taken; data beats cancel.
/// Lifetime: the buffer is the kernel's until the operation has finished, even after cancel.
/// Source: read(2), pipe(7), io_uring_prep_read(3), Linux 5.6.
struct read_waiting {
    static constexpr const char* name = "read";

    descriptor_ref file;
    buffer_view buffer;
    mutable bool polls = false;  ///< There was nothing: until there is something.

    void prepare(io_uring_sqe& entry) const noexcept;
    bool other_way(completion_event event) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// As `write` at the file's own position, to what waits. It waits also if someone who shares the
/// file has set O_NONBLOCK on it, and a reader that is gone is an error, never SIGPIPE:
/// RWF_NOSIGNAL where the kernel knows it, else a worker thread of the kernel, where the signal has
/// no effect. That one does not wait: a cancel that comes as it goes from a try to a wait is lost
/// in the kernel. A terminal can only be written by one that waits, as can a pipe before Linux 6.4;
/// so it is asked for room before. What another writer takes meanwhile is waited for, then, also
/// after a cancel; and a limit of 0 ends with the question, without a try.
/// Returns: how many bytes.
/// Errors: broken_pipe; those of write(2), except EAGAIN; canceled, timed_out.
/// Cancel: what was written counts; data beats cancel.
/// Lifetime: the buffer must not change until the operation has finished, even after cancel.
/// Source: write(2), pipe(7), io_uring_prep_write(3), Linux 5.6; RWF_NOSIGNAL Linux 6.18,
/// RWF_NOWAIT for pipes Linux 6.4.
struct write_waiting {
    static constexpr const char* name = "write";

    /// How the kernel is kept from a signal.
    enum class hush : std::uint8_t {
        by_flag,
        by_worker,
        by_patient_worker,  ///< Of what cannot be written without waiting.
        needless,           ///< It is neither a pipe nor a socket.
    };

    descriptor_ref file;
    const_buffer_view buffer;
    mutable hush how = hush::by_flag;
    mutable bool polls = false;  ///< There was no room: until there is.
    mutable bool asked = false;  ///< There was room, for one try.

    void prepare(io_uring_sqe& entry) const noexcept;
    bool other_way(completion_event event) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

}  // namespace lariat
