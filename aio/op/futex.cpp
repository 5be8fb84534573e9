#include "aio/op/futex.hpp"

#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <linux/futex.h>

#include <algorithm>

#include "runtime/kernel_abi.hpp"

namespace lariat {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

std::uint32_t flags_of(futex_scope scope) noexcept {
    return kernel::futex_32_bits | (scope == futex_scope::process ? kernel::futex_private : 0);
}

void prepare_futex(std::uint8_t operation, io_uring_sqe& entry,
                   const std::atomic<std::uint32_t>* word, std::uint32_t value, std::uint32_t mask,
                   futex_scope scope) noexcept {
    io_uring_prep_rw(operation, &entry, static_cast<int>(flags_of(scope)), word, 0, value);
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

futex_word::futex_word(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       futex_scope scope) noexcept
    : expected_value(expected),
      address(reinterpret_cast<std::uint64_t>(&word)),
      flags(flags_of(scope)) {
    static_assert(sizeof(futex_word) == sizeof(futex_waitv));
}

void futex_wait_any::prepare(io_uring_sqe& entry) const noexcept {
    const auto count = static_cast<unsigned>(std::min<std::size_t>(words.size(), INT_MAX));
    io_uring_prep_rw(kernel::op_futex_waitv, &entry, 0, words.data(), count, 0);
}

bool futex_wait_any::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_futex_waitv);
}

completion_event futex_wait_any::fallback() noexcept { return {-ENOSYS, 0}; }

void futex_wake::prepare(io_uring_sqe& entry) const noexcept {
    prepare_futex(kernel::op_futex_wake, entry, word, at_most, mask, scope);
}

bool futex_wake::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_futex_wake);
}

completion_event futex_wake::fallback() noexcept { return {-ENOSYS, 0}; }

}  // namespace lariat
