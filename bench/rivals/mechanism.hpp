#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/allocations.hpp"

namespace bench {

/// What a program that does a mechanism another library's way is asked for on its command line:
/// MECHANISM ITEMS WARMUP COUNT.
struct mechanism {
    std::string_view name;
    std::uint64_t items;
    std::uint64_t warmup;
    std::uint64_t count;  ///< The workload's parameter: so many at a time.

    explicit mechanism(char** words)
        : name(words[1]),
          items(std::strtoull(words[2], nullptr, 10)),
          warmup(std::strtoull(words[3], nullptr, 10)),
          count(std::strtoull(words[4], nullptr, 10)) {}

    /// Lets `run(times)` do `count` items so many times, and prints what it measured of it:
    /// items, nanoseconds, allocations.
    template <class Run>
    int measure(Run run) const {
        run(warmup / count + 1);

        const std::uint64_t times = items / count + 1;
        const std::uint64_t before = allocations_of_this_thread();
        const auto start = std::chrono::steady_clock::now();
        run(times);
        const std::chrono::duration<double, std::nano> span =
            std::chrono::steady_clock::now() - start;
        std::printf("%lu %.0f %lu\n", times * count, span.count(),
                    allocations_of_this_thread() - before);
        return 0;
    }
};

}  // namespace bench
