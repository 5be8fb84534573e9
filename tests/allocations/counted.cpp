#include "tests/allocations/counted.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "runtime/frame_pool.hpp"

#define LARIAT_REPLACES_NEW 1
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef LARIAT_REPLACES_NEW
#define LARIAT_REPLACES_NEW 0
#endif
#endif

namespace {

constinit thread_local std::uint64_t calls = 0;
constinit thread_local std::size_t largest_size = 0;
constinit thread_local std::uint64_t until_failure = 0;
constinit std::atomic<std::uint64_t> until_failure_anywhere{0};
constinit std::atomic<bool> has_failed{false};
std::atomic<std::int64_t> blocks{0};

#if LARIAT_REPLACES_NEW

/// Returns: whether it is this allocation's turn to fail.
bool fails() noexcept {
    if (until_failure != 0 && --until_failure == 0) return true;
    std::uint64_t left = until_failure_anywhere.load(std::memory_order_relaxed);
    while (left != 0 && !until_failure_anywhere.compare_exchange_weak(left, left - 1)) {
    }
    return left == 1;
}

void* take(std::size_t size, std::size_t alignment) noexcept {
    ++calls;
    largest_size = std::max(largest_size, size);
    if (fails()) {
        has_failed = true;
        return nullptr;
    }
    void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory) blocks.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

void* take_or_throw(std::size_t size, std::size_t alignment) {
    if (void* memory = take(size, alignment)) return memory;
    throw std::bad_alloc();
}

void give(void* memory) noexcept {
    if (!memory) return;
    blocks.fetch_sub(1, std::memory_order_relaxed);
    std::free(memory);
}

constexpr std::size_t plain = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

constexpr std::size_t of(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

#endif

}  // namespace

namespace counted {

bool available() noexcept { return LARIAT_REPLACES_NEW; }

std::uint64_t allocations() noexcept { return calls; }
std::int64_t alive() noexcept { return blocks.load(); }

std::size_t largest() noexcept { return largest_size; }
void forget_largest() noexcept { largest_size = 0; }

void fail_at(std::uint64_t nth) noexcept {
    has_failed = false;
    until_failure = nth;
}

void fail_anywhere_at(std::uint64_t nth) noexcept {
    has_failed = false;
    until_failure_anywhere = nth;
}

bool failed() noexcept { return has_failed; }

bool frames_are_pooled() {
    lariat::frame_pool::release(lariat::frame_pool::allocate(64), 64);
    const auto before = calls;
    lariat::frame_pool::release(lariat::frame_pool::allocate(64), 64);
    return calls == before;
}

}  // namespace counted

#if LARIAT_REPLACES_NEW

void* operator new(std::size_t size) { return take_or_throw(size, plain); }
void* operator new[](std::size_t size) { return take_or_throw(size, plain); }
void* operator new(std::size_t size, std::align_val_t a) { return take_or_throw(size, of(a)); }
void* operator new[](std::size_t size, std::align_val_t a) { return take_or_throw(size, of(a)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size, plain); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size, plain); }
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
    return take(size, of(a));
}
void* operator new[](std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
    return take(size, of(a));
}

void operator delete(void* memory) noexcept { give(memory); }
void operator delete[](void* memory) noexcept { give(memory); }
void operator delete(void* memory, std::size_t) noexcept { give(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { give(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
    give(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
    give(memory);
}

#endif
