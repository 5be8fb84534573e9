#include "aio/op/pipe.hpp"

#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "aio/op/direct_place.hpp"
#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

unsigned at_most(std::size_t size) noexcept {
    return static_cast<unsigned>(std::min<std::size_t>(size, INT_MAX));
}

// The source of the bytes has a flag of its own.
unsigned spliced_from(descriptor_ref from) noexcept {
    return from.is_direct() ? SPLICE_F_FD_IN_FIXED : 0;
}

}  // namespace

void pipe::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(kernel::op_pipe, &entry, 0, storage, 0, 0);
    entry.rw_flags = flags | flags_into(into, O_CLOEXEC);
    choose_place(entry, into);
}

bool pipe::supported(const ring& kernel) noexcept { return kernel.supports(kernel::op_pipe); }

completion_event pipe::fallback() const noexcept {
    if (into) return {-ENOSYS, 0};
    return {::pipe2(storage, flags | O_CLOEXEC) < 0 ? -errno : 0, 0};
}

void splice::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_splice(&entry, from.number(), static_cast<std::int64_t>(from_offset), to.number(),
                         static_cast<std::int64_t>(to_offset), at_most(size),
                         flags | spliced_from(from));
    entry.flags = to.entry_flags();
}

void tee::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_tee(&entry, from.number(), to.number(), at_most(size),
                      flags | spliced_from(from));
    entry.flags = to.entry_flags();
}

}  // namespace lariat
