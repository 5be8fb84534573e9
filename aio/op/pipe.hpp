#pragma once

#include <cstddef>
#include <cstdint>

#include "aio/descriptor.hpp"
#include "aio/op/file.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// Both ends of a pipe; they close themselves.
struct pipe_ends {
    descriptor reader;
    descriptor writer;
};

/// Makes a pipe, close-on-exec. Before Linux 6.16 by pipe2(2), which does not wait either,
/// and has no direct ones: function_not_supported.
/// Errors: too_many_files_open, too_many_files_open_in_system; else those of pipe2(2).
/// Source: pipe(2), Linux 6.16.
struct pipe {
    static constexpr const char* name = "pipe";

    int flags = 0;                   ///< O_NONBLOCK, O_DIRECT for packets.
    direct_table* into = nullptr;    ///< Makes direct descriptors of this table.
    mutable int storage[2]{-1, -1};  ///< What the kernel fills.

    void prepare(io_uring_sqe& entry) const noexcept;
    pipe_ends value(completion_event) const noexcept {
        return {opened_into(into, {storage[0], 0}), opened_into(into, {storage[1], 0})};
    }

    static bool supported(const ring& kernel) noexcept;
    completion_event fallback() const noexcept;
};

/// Moves bytes between two descriptors, of which one is a pipe, without a buffer of ours.
/// Returns: how many bytes; 0 at the end.
/// Errors: invalid_argument when neither is a pipe; else those of splice(2).
/// Cancel: ends a wait for the pipe; what was moved before is reported.
/// Source: splice(2), io_uring_prep_splice(3), Linux 5.7.
struct splice {
    static constexpr const char* name = "splice";

    descriptor_ref from;
    descriptor_ref to;
    std::size_t size = 0;  ///< At most; more than 2 GiB are cut.
    std::uint64_t from_offset = current_position;
    std::uint64_t to_offset = current_position;
    unsigned flags = 0;  ///< SPLICE_F_MOVE, SPLICE_F_MORE.

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

/// Copies what is in one pipe to another one, and leaves it where it is.
/// Returns: how many bytes; 0 when there is nothing and nobody writes.
/// Errors: invalid_argument when one of them is no pipe; else those of tee(2).
/// Source: tee(2), io_uring_prep_tee(3), Linux 5.8.
struct tee {
    static constexpr const char* name = "tee";

    descriptor_ref from;
    descriptor_ref to;
    std::size_t size = 0;  ///< At most; more than 2 GiB are cut.
    unsigned flags = 0;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }
};

}  // namespace lariat
