#pragma once

#include <cstddef>
#include <new>

namespace bench::raw {

/// Recycles coroutine frames of one thread: a free list per 64 bytes of size, unbounded, because a
/// floor has no reason to give memory back.
class frame_pool {
  public:
    static void* take(std::size_t size) {
        const std::size_t wanted = class_of(size);
        if (wanted >= classes) return ::operator new(size);
        block*& list = free_[wanted];
        if (!list) return ::operator new((wanted + 1) * granule);
        block* taken = list;
        list = taken->next;
        return taken;
    }

    static void give(void* frame, std::size_t size) noexcept {
        const std::size_t fits = class_of(size);
        if (fits >= classes) return ::operator delete(frame);
        free_[fits] = ::new (frame) block{free_[fits]};
    }

  private:
    struct block {
        block* next;
    };
    static constexpr std::size_t granule = 64;
    static constexpr std::size_t classes = 32;
    static std::size_t class_of(std::size_t size) noexcept { return (size - 1) / granule; }

    static inline constinit thread_local block* free_[classes] = {};
};

/// A promise that derives from it has its frames pooled.
struct pooled {
    static void* operator new(std::size_t size) { return frame_pool::take(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        frame_pool::give(frame, size);
    }
};

}  // namespace bench::raw
