#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace bench {

/// The same deadlines for every subject and round: a point within the hour after `start` each, and
/// an order in which to cancel that has nothing to do with them.
struct deadlines {
    using clock = std::chrono::steady_clock;

    explicit deadlines(std::size_t count,
                       clock::time_point start = clock::time_point(std::chrono::hours(1)))
        : due(count), order(count) {
        std::mt19937_64 random(42);
        for (std::size_t i = 0; i < count; ++i) {
            due[i] = start + std::chrono::microseconds(random() % 3'600'000'000);
            order[i] = static_cast<std::uint32_t>(i);
        }
        std::shuffle(order.begin(), order.end(), random);
    }

    std::vector<clock::time_point> due;
    std::vector<std::uint32_t> order;
};

}  // namespace bench
