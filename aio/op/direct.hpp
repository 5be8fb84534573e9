#pragma once

#include "aio/descriptor.hpp"
#include "aio/op/direct_table.hpp"
#include "aio/op/operation.hpp"

namespace lariat {

/// Puts what is open into a table, beside the number it has: closing either leaves the other open.
/// Returns: the direct descriptor.
/// Errors: too_many_files_open_in_system when the table is full; bad_file_descriptor.
/// Source: io_uring_prep_files_update(3), Linux 6.0.
struct make_direct {
    static constexpr const char* name = "make_direct";

    descriptor_ref file;
    direct_table& into;
    mutable int storage = -1;  ///< What the kernel reads, and fills with the place.

    void prepare(io_uring_sqe& entry) const noexcept;
    descriptor value(completion_event) const noexcept { return descriptor::adopt(into, storage); }
};

/// Gives what a direct descriptor names a number in the process, close-on-exec, for system calls
/// and other rings: closing either leaves the other open.
/// Returns: the descriptor with the number.
/// Errors: bad_file_descriptor for one that is not direct; too_many_files_open;
/// function_not_supported before Linux 6.8.
/// Source: io_uring_prep_fixed_fd_install(3), Linux 6.8.
struct install {
    static constexpr const char* name = "install";

    descriptor_ref file;

    void prepare(io_uring_sqe& entry) const noexcept;
    static descriptor value(completion_event event) noexcept {
        return descriptor::adopt(event.result);
    }

    static bool supported(const ring& kernel) noexcept;
    static completion_event fallback() noexcept;
};

}  // namespace lariat
