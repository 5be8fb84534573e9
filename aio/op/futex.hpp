#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

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

/// One of the words that `futex_wait_any` waits for; laid out as `struct futex_waitv`.
struct futex_word {
    /// None.
    futex_word() noexcept = default;
    futex_word(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
               futex_scope scope = futex_scope::process) noexcept;

    // What the kernel reads.
    std::uint64_t expected_value = 0;
    std::uint64_t address = 0;
    std::uint32_t flags = 0;
    std::uint32_t reserved = 0;
};

/// Waits until somebody wakes one of up to 128 words, if all still have their expected values.
/// Returns: the index of one that was woken.
/// Errors: those of `futex_wait`; invalid_argument for none or too many.
/// Lifetime: the words, and the array of them, until the operation has finished.
/// Source: futex_waitv(2), io_uring_prep_futex_waitv(3), Linux 6.7.
struct futex_wait_any {
    static constexpr const char* name = "futex_wait_any";

    std::span<const futex_word> words;

    void prepare(io_uring_sqe& entry) const noexcept;
    static std::size_t value(completion_event event) noexcept {
        return static_cast<std::size_t>(event.result);
    }

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
