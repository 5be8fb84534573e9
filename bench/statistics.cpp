#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace bench {
namespace {

/// Returns: how many of the lowest and of the highest of `count` values may be left off so that the
/// rest still holds the true median with 95 % confidence. Assumes no distribution.
std::size_t outside(std::size_t count) {
    double term = std::pow(0.5, static_cast<double>(count));
    double below = 0;
    std::size_t dropped = 0;
    while (dropped < count / 2) {
        below += term;
        if (below > 0.025) break;
        ++dropped;
        term *= static_cast<double>(count - dropped + 1) / static_cast<double>(dropped);
    }
    return dropped == 0 ? 0 : dropped - 1;
}

}  // namespace

spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const std::size_t count = values.size();
    const std::size_t dropped = outside(count);
    const double median =
        count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
    return {median, values[dropped], values[count - 1 - dropped], count >= 6};
}

spread ratio_of(std::span<const double> values, std::span<const double> reference) {
    std::vector<double> ratios;
    const std::size_t count = std::min(values.size(), reference.size());
    for (std::size_t i = 0; i < count; ++i) ratios.push_back(values[i] / reference[i]);
    return spread_of(std::move(ratios));
}

std::string_view verdict_of(const spread& ratio) noexcept {
    if (!ratio.sure) return "too few rounds";
    if (ratio.low <= 1 && ratio.high >= 1) return "within noise";
    return ratio.median < 1 ? "faster" : "slower";
}

}  // namespace bench
