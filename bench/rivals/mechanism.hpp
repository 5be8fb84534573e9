#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/allocations.hpp"

namespace bench {

class stopwatch {
  public:
    void start() noexcept {
        allocations_ = allocations_of_this_thread();
        start_ = std::chrono::steady_clock::now();
    }
    void stop() noexcept {
        span_ = std::chrono::steady_clock::now() - start_;
        allocations_ = allocations_of_this_thread() - allocations_;
    }

    double nanoseconds() const noexcept { return span_.count(); }
    std::uint64_t allocations() const noexcept { return allocations_; }

  private:
    std::chrono::steady_clock::time_point start_;
    std::chrono::duration<double, std::nano> span_{};
    std::uint64_t allocations_ = 0;
};

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
        return measure_part([&run](std::uint64_t times, stopwatch& watch) {
            watch.start();
            run(times);
            watch.stop();
        });
    }

    /// The same of `run(times, watch)`, which starts and stops the watch itself.
    template <class Run>
    int measure_part(Run run) const {
        stopwatch watch;
        run(warmup / count + 1, watch);

        const std::uint64_t times = items / count + 1;
        run(times, watch);
        std::printf("%lu %.0f %lu\n", times * count, watch.nanoseconds(), watch.allocations());
        return 0;
    }
};

}  // namespace bench
