#include "runtime/retry.hpp"

#include <algorithm>
#include <chrono>
#include <random>

namespace lariat {
namespace {

/// Returns: a number from 0 to 1. Chance enough to keep clients apart, and no more.
double chance() noexcept {
    thread_local std::minstd_rand engine(static_cast<std::minstd_rand::result_type>(
        std::chrono::steady_clock::now().time_since_epoch().count() ^
        reinterpret_cast<std::intptr_t>(&engine)));
    return std::uniform_real_distribution<>()(engine);
}

}  // namespace

duration backoff::next() noexcept {
    const auto longest = static_cast<double>(how_.longest.count());
    const double full = std::min(next_, longest);
    next_ = std::min(next_ * how_.growth, longest);
    const double share = std::clamp(how_.jitter, 0.0, 1.0) * chance();
    return duration(static_cast<duration::rep>(full * (1 - share)));
}

}  // namespace lariat
