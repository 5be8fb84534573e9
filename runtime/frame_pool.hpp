#pragma once

#include <cstddef>
#include <new>

namespace lariat {

/// Recycles coroutine frames, per thread and by size, so that a steady state does not allocate.
///
/// Size classes of 64 bytes up to 2 KiB, at most 64 KiB kept for each; larger frames and what
/// exceeds the bound go to the global heap. A frame that is freed on another thread goes to that
/// thread's pool. Off under address sanitizer, where it would hide a use after free.
class frame_pool {
  public:
    /// Errors: throws `std::bad_alloc`.
    static void* allocate(std::size_t size) {
        if (size <= largest) [[likely]] {
            shelf& from = shelves[class_of(size)];
            if (free_frame* frame = from.top) [[likely]] {
                from.top = frame->next;
                ++from.room;
                return frame;
            }
        }
        return allocate_from_heap(size);
    }

    /// `size` is what was allocated: frames carry no header.
    static void release(void* memory, std::size_t size) noexcept {
        if (size <= largest) [[likely]] {
            shelf& onto = shelves[class_of(size)];
            if (onto.room != 0) [[likely]] {
                onto.top = new (memory) free_frame{onto.top};
                --onto.room;
                return;
            }
        }
        release_without_room(memory, size);
    }

    /// Gives back to the heap what this thread keeps.
    static void trim() noexcept;

  private:
    static constexpr std::size_t class_width = 64;
    static constexpr std::size_t largest = 2048;
    static constexpr std::size_t class_count = largest / class_width;

    struct free_frame {
        free_frame* next;
    };

    /// Without room nothing is kept: so a shelf begins, and so it ends with its thread.
    struct shelf {
        free_frame* top;
        std::size_t room;
    };

    struct thread_end;

    static constexpr std::size_t class_of(std::size_t size) noexcept {
        return (size - 1) / class_width;
    }

    static void* allocate_from_heap(std::size_t size);
    static void release_without_room(void* memory, std::size_t size) noexcept;

    // Constant-initialised and trivially destroyed: no access pays for a guard, and frames that
    // are freed while the thread ends still find it.
    static constinit thread_local shelf shelves[class_count]
        __attribute__((tls_model("initial-exec")));
};

}  // namespace lariat
