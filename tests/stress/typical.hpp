#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <random>

#include "runtime/clock.hpp"
#include "runtime/task.hpp"

/// Returns: the median of how long it takes here until `once()`, which returns a task, is done:
/// machines and sanitizers differ, and a race of which one side always wins tests nothing.
template <class Once>
lariat::task<lariat::duration> typical_span(Once once) {
    std::array<lariat::duration, 15> spans;
    for (auto& span : spans) {
        const auto start = std::chrono::steady_clock::now();
        co_await once();
        span = std::chrono::steady_clock::now() - start;
    }
    std::sort(spans.begin(), spans.end());
    co_return spans[spans.size() / 2];
}

/// Returns: a span of up to `most`.
inline lariat::duration any_span(std::mt19937_64& random, lariat::duration most) {
    return lariat::duration(
        std::uniform_int_distribution<lariat::duration::rep>(0, most.count())(random));
}
