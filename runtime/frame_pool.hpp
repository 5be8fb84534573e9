#pragma once

#include <cstddef>

namespace lariat {

/// Recycles coroutine frames, per thread and by size, so that a steady state does not allocate.
///
/// Size classes of 64 bytes up to 2 KiB, at most 64 KiB kept for each; larger frames and what
/// exceeds the bound go to the global heap. A frame that is freed on another thread goes to that
/// thread's pool. Off under address sanitizer, where it would hide a use after free.
namespace frame_pool {

/// Errors: throws `std::bad_alloc`.
void* allocate(std::size_t size);

/// `size` is what was allocated: frames carry no header.
void release(void* frame, std::size_t size) noexcept;

/// Gives back to the heap what this thread keeps.
void trim() noexcept;

}  // namespace frame_pool
}  // namespace lariat
