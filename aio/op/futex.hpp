#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "aio/op/operation.hpp"

namespace lariat {

/// Who may be at the other end of a futex.
enum class futex_scope : std::uint8_t {
    process,  ///< Threads of this process: the kernel need not look the memory up.
    shared,   ///< Other processes that map the same memory.
};

/// Waits until somebody wakes the word, if it still has the expected value.
/// Errors: resource_unavailable_try_again (EAGAIN) when it has another value; canceled, timed_out;
/// function_not_supported before Linux 6.7.
/// Lifetime: the word until the operation has finished.
/// Source: futex(2), io_uring_prep_futex_wait(3), Linux 6.7.
struct futex_wait {
    static constexpr const char* name = "futex_wait";

    const std::atomic<std::uint32_t>* word;
    std::uint32_t expected = 0;
    std::uint32_t mask = 0xffffffff;  ///< Woken by those that share a bit of it.
    futex_scope scope = futex_scope::process;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}

    static bool supported(const ring& kernel) noexcept;
    static completion_event fallback() noexcept;
};

/// Wakes those that wait for a word.
/// Returns: how many.
/// Errors: function_not_supported before Linux 6.7.
/// Source: futex(2), io_uring_prep_futex_wake(3), Linux 6.7.
struct futex_wake {
    static constexpr const char* name = "futex_wake";

    const std::atomic<std::uint32_t>* word;
    std::uint32_t at_most = 1;
    std::uint32_t mask = 0xffffffff;
    futex_scope scope = futex_scope::process;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }

    static bool supported(const ring& kernel) noexcept;
    static completion_event fallback() noexcept;
};

}  // namespace lariat
