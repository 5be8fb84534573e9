#pragma once

#include <algorithm>
#include <chrono>
#include <iostream>

using steady = std::chrono::steady_clock;

// What a sanitizer costs, or a compiler that was told not to optimize, is not ours to bound.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int slower = 10;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr int slower = 10;
#elif !defined(__OPTIMIZE__)
inline constexpr int slower = 4;
#else
inline constexpr int slower = 1;
#endif
#elif !defined(__OPTIMIZE__)
inline constexpr int slower = 4;
#else
inline constexpr int slower = 1;
#endif

/// Runs what returns a duration five times, and prints the least: what other work on the machine
/// takes cannot make it less.
template <class Measured>
steady::duration best_of_five(const char* name, Measured measured) {
    auto best = steady::duration::max();
    for (int attempt = 0; attempt < 5; ++attempt) best = std::min(best, measured());
    const auto shown = std::chrono::duration_cast<std::chrono::microseconds>(best);
    std::cout << name << ": " << shown.count() << " us" << std::endl;
    return best;
}
