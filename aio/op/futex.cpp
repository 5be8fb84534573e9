#include "aio/op/futex.hpp"

#include <errno.h>
#include <liburing.h>

#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void prepare_futex(std::uint8_t operation, io_uring_sqe& entry,
                   const std::atomic<std::uint32_t>* word, std::uint32_t value, std::uint32_t mask,
                   futex_scope scope) noexcept {
    const std::uint32_t flags =
        kernel::futex_32_bits | (scope == futex_scope::process ? kernel::futex_private : 0);
    io_uring_prep_rw(operation, &entry, static_cast<int>(flags), word, 0, value);
    entry.addr3 = mask;
}

}  // namespace

void futex_wait::prepare(io_uring_sqe& entry) const noexcept {
    prepare_futex(kernel::op_futex_wait, entry, word, expected, mask, scope);
}

bool futex_wait::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_futex_wait);
}

completion_event futex_wait::fallback() noexcept { return {-ENOSYS, 0}; }

void futex_wake::prepare(io_uring_sqe& entry) const noexcept {
    prepare_futex(kernel::op_futex_wake, entry, word, at_most, mask, scope);
}

bool futex_wake::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_futex_wake);
}

completion_event futex_wake::fallback() noexcept { return {-ENOSYS, 0}; }

}  // namespace lariat
