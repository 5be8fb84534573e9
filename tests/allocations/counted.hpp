#pragma once

#include <cstddef>
#include <cstdint>

namespace counted {

/// Clang's sanitizers define `operator new` themselves: then nothing is counted, nothing fails.
bool available() noexcept;

/// How often `operator new` of any form was called on this thread.
std::uint64_t allocations() noexcept;

/// Blocks of `operator new` that no thread has deleted yet.
std::int64_t alive() noexcept;

/// The size of this thread's largest allocation since it was last forgotten.
std::size_t largest() noexcept;
void forget_largest() noexcept;

/// The n-th allocation of this thread from now on fails, and none after it; 0: none fails.
void fail_at(std::uint64_t nth) noexcept;

/// The same, counted over all threads from now on.
void fail_anywhere_at(std::uint64_t nth) noexcept;

/// Whether the failure has happened.
bool failed() noexcept;

/// What the pool of frames keeps is off under address sanitizer: each frame is allocated there.
bool frames_are_pooled();

}  // namespace counted
