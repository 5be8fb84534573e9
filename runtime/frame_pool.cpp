#include "runtime/frame_pool.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define LARIAT_POOL_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LARIAT_POOL_FRAMES 0
#endif
#endif
#ifndef LARIAT_POOL_FRAMES
#define LARIAT_POOL_FRAMES 1
#endif

namespace lariat {
namespace {

constexpr std::size_t bytes_per_class = 64 * 1024;

enum class stage : unsigned char {
    unused,  // The thread has freed no frame yet.
    in_use,
    ended,  // The thread is ending: nothing is kept any more.
};

constinit thread_local stage now = stage::unused;

}  // namespace

constinit thread_local frame_pool::shelf frame_pool::shelves[frame_pool::class_count]
    __attribute__((tls_model("initial-exec"))){};

/// Empties the shelves of a thread that ends.
struct frame_pool::thread_end {
    ~thread_end() {
        trim();
        for (shelf& each : shelves) each.room = 0;
        now = stage::ended;
    }
};

void* frame_pool::allocate_from_heap(std::size_t size) {
    if (!LARIAT_POOL_FRAMES || size > largest) return ::operator new(size);
    return ::operator new((class_of(size) + 1) * class_width);
}

void frame_pool::release_without_room(void* memory, std::size_t size) noexcept {
    if (!LARIAT_POOL_FRAMES || size > largest) {
        ::operator delete(memory, size);
        return;
    }
    const std::size_t index = class_of(size);
    const std::size_t width = (index + 1) * class_width;
    if (now != stage::unused) {
        ::operator delete(memory, width);
        return;
    }
    now = stage::in_use;
    static thread_local thread_end guard;
    (void)guard;
    for (std::size_t each = 0; each < class_count; ++each)
        shelves[each].room = bytes_per_class / ((each + 1) * class_width);
    release(memory, size);
}

void frame_pool::trim() noexcept {
    for (std::size_t index = 0; index < class_count; ++index) {
        shelf& each = shelves[index];
        const std::size_t width = (index + 1) * class_width;
        while (free_frame* frame = each.top) {
            each.top = frame->next;
            ++each.room;
            ::operator delete(frame, width);
        }
    }
}

}  // namespace lariat
