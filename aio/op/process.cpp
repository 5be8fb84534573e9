#include "aio/op/process.hpp"

#include <errno.h>
#include <liburing.h>

#include "runtime/kernel_abi.hpp"

namespace lariat {

void waitid::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_waitid, &entry, static_cast<int>(id), nullptr,
                     static_cast<unsigned>(type), 0);
    entry.addr2 = reinterpret_cast<std::uint64_t>(&storage);
    entry.file_index = static_cast<std::uint32_t>(options);
}

bool waitid::supported(const ring& kernel) noexcept { return kernel.supports(kernel::op_waitid); }

completion_event waitid::fallback() noexcept { return {-ENOSYS, 0}; }

}  // namespace lariat
