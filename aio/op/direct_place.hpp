#pragma once

#include <liburing.h>

#include "aio/op/direct_table.hpp"

namespace lariat {

/// The entry of an operation that makes a descriptor: in a place of the table that the kernel
/// chooses, or with a number.
inline void choose_place(io_uring_sqe& entry, const direct_table* into) noexcept {
    if (into) entry.file_index = IORING_FILE_INDEX_ALLOC;
}

/// What has no number is not inherited, and the kernel refuses the flag that says so.
inline int flags_into(const direct_table* into, int close_on_exec) noexcept {
    return into ? 0 : close_on_exec;
}

}  // namespace lariat
