#include "bench/allocations.hpp"

#include <cerrno>
#include <cstddef>

#include "bench/build.hpp"

namespace bench {
namespace {

// Per thread and not atomic: the count must not slow down the subjects that allocate.
constinit thread_local std::uint64_t count [[gnu::tls_model("initial-exec")]] = 0;

}  // namespace

std::uint64_t allocations_of_this_thread() noexcept { return count; }

const bool allocations_are_counted = !built_with_sanitizer;

}  // namespace bench

#if !LARIAT_BENCH_SANITIZED

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

// The C library allows a program to replace these; what they return is its own, so `free` is not
// replaced.
void* malloc(std::size_t size) {
    ++bench::count;
    return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
    ++bench::count;
    return __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
    ++bench::count;
    return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    ++bench::count;
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    ++bench::count;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    ++bench::count;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

}  // extern "C"

#endif
