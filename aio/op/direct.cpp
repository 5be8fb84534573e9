#include "aio/op/direct.hpp"

#include <errno.h>
#include <liburing.h>

#include "runtime/kernel_abi.hpp"

namespace lariat {

void make_direct::prepare(io_uring_sqe& entry) const noexcept {
    storage = file.process_number();
    // The kernel takes -1 for "empty this place": what names nothing must not come so far.
    if (storage == -1) storage = -2;
    io_uring_prep_files_update(&entry, &storage, 1, static_cast<int>(IORING_FILE_INDEX_ALLOC));
}

void install::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_fixed_fd_install, &entry, file.number(), nullptr, 0, 0);
    entry.flags = file.entry_flags();
}

bool install::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_fixed_fd_install);
}

completion_event install::fallback() noexcept { return {-ENOSYS, 0}; }

}  // namespace lariat
