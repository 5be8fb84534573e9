#include "runtime/frame_pool.hpp"

#include <new>

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

namespace lariat::frame_pool {
namespace {

constexpr std::size_t class_width = 64;
constexpr std::size_t class_count = 2048 / class_width;
constexpr std::size_t bytes_per_class = 64 * 1024;

struct free_frame {
    free_frame* next;
};

struct shelf {
    free_frame* top;
    std::size_t count;
};

enum class state : unsigned char { unused, in_use, ended };

struct shelves {
    shelf by_size[class_count];
    state now;
};

// Constant-initialised and trivially destroyed, so that no access pays for a guard, and frames
// that are freed while the thread ends still find it.
constinit thread_local shelves kept __attribute__((tls_model("initial-exec"))){};

struct emptied_at_thread_end {
    ~emptied_at_thread_end() {
        trim();
        kept.now = state::ended;
    }
};

void empty_at_thread_end() {
    static thread_local emptied_at_thread_end guard;
    (void)guard;
    kept.now = state::in_use;
}

constexpr std::size_t class_of(std::size_t size) noexcept { return (size - 1) / class_width; }
constexpr std::size_t width_of(std::size_t index) noexcept { return (index + 1) * class_width; }

}  // namespace

void* allocate(std::size_t size) {
    const std::size_t index = class_of(size);
    if (!LARIAT_POOL_FRAMES || index >= class_count) return ::operator new(size);
    shelf& shelf = kept.by_size[index];
    if (free_frame* frame = shelf.top) [[likely]] {
        shelf.top = frame->next;
        --shelf.count;
        return frame;
    }
    return ::operator new(width_of(index));
}

void release(void* memory, std::size_t size) noexcept {
    const std::size_t index = class_of(size);
    if (!LARIAT_POOL_FRAMES || index >= class_count) {
        ::operator delete(memory, size);
        return;
    }
    if (kept.now != state::in_use) [[unlikely]] {
        if (kept.now == state::unused) empty_at_thread_end();
    }
    shelf& shelf = kept.by_size[index];
    if (kept.now == state::ended || (shelf.count + 1) * width_of(index) > bytes_per_class) {
        ::operator delete(memory, width_of(index));
        return;
    }
    shelf.top = new (memory) free_frame{shelf.top};
    ++shelf.count;
}

void trim() noexcept {
    for (std::size_t index = 0; index < class_count; ++index) {
        shelf& shelf = kept.by_size[index];
        while (free_frame* frame = shelf.top) {
            shelf.top = frame->next;
            ::operator delete(frame, width_of(index));
        }
        shelf.count = 0;
    }
}

}  // namespace lariat::frame_pool
