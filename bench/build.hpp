#pragma once

// How this binary was built. The build file defines LARIAT_BENCH_* where the compiler has no macro
// for it; the undefined-behaviour sanitizer has none.

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define LARIAT_BENCH_SANITIZED 1
#endif
#endif

#if !defined(LARIAT_BENCH_SANITIZED) && \
    (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define LARIAT_BENCH_SANITIZED 1
#endif

#ifndef LARIAT_BENCH_SANITIZED
#define LARIAT_BENCH_SANITIZED 0
#endif

#ifndef LARIAT_BENCH_BUILD_TYPE
#define LARIAT_BENCH_BUILD_TYPE "unknown"
#endif

#ifndef LARIAT_BENCH_LIBURING
#define LARIAT_BENCH_LIBURING "unknown"
#endif

#ifndef LARIAT_BENCH_FLAGS
#define LARIAT_BENCH_FLAGS "unknown"
#endif

#ifndef LARIAT_BENCH_OPENSSL
#define LARIAT_BENCH_OPENSSL "none"
#endif

#ifndef LARIAT_BENCH_BOOST
#define LARIAT_BENCH_BOOST "none"
#endif

#ifndef LARIAT_BENCH_LIBUV
#define LARIAT_BENCH_LIBUV "none"
#endif

namespace bench {

inline constexpr bool built_with_sanitizer = LARIAT_BENCH_SANITIZED;

#ifdef __OPTIMIZE__
inline constexpr bool built_with_optimisation = true;
#else
inline constexpr bool built_with_optimisation = false;
#endif

/// Whether times of this binary mean anything.
inline constexpr bool worth_timing = built_with_optimisation && !built_with_sanitizer;

#ifdef __clang__
inline constexpr const char* compiler = "Clang " __clang_version__;
#else
inline constexpr const char* compiler = "GCC " __VERSION__;
#endif

}  // namespace bench
