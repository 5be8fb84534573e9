#include "bench/statistics.hpp"

#include <algorithm>
#include <cstddef>

namespace bench {
namespace {

/// With fewer rounds no interval that is drawn from them holds the median with 95 % confidence.
constexpr std::size_t least_rounds = 6;
constexpr std::size_t draws = 2000;

/// The order in which the standard's distributions take random bits is not the same everywhere.
class dice {
  public:
    explicit dice(std::uint64_t seed) noexcept : state_(seed) {}

    /// Returns: a number below `bound`, all alike likely.
    std::size_t below(std::size_t bound) noexcept {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        mixed ^= mixed >> 31;
        return static_cast<std::size_t>(((mixed >> 32) * bound) >> 32);
    }

  private:
    std::uint64_t state_;
};

double middle_of(std::vector<double>& values) {
    const std::size_t half = values.size() / 2;
    const auto upper = values.begin() + static_cast<std::ptrdiff_t>(half);
    std::nth_element(values.begin(), upper, values.end());
    if (values.size() % 2 == 1) return *upper;
    return (*std::max_element(values.begin(), upper) + *upper) / 2;
}

double draw(std::span<const double> from, std::vector<double>& drawn, dice& random) {
    drawn.resize(from.size());
    for (double& each : drawn) each = from[random.below(from.size())];
    return middle_of(drawn);
}

/// Leaves off 2.5 % of the drawn medians at either end.
spread around(double median, std::vector<double> medians) {
    std::sort(medians.begin(), medians.end());
    const std::size_t outside = medians.size() / 40;
    return {median, medians[outside], medians[medians.size() - 1 - outside], true};
}

}  // namespace

double median_of(std::vector<double> values) { return values.empty() ? 0 : middle_of(values); }

spread spread_of(std::vector<double> values, std::uint64_t seed) {
    if (values.empty()) return {};
    const double median = median_of(values);
    if (values.size() < least_rounds) {
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        return {median, *low, *high, false};
    }
    dice random(seed);
    std::vector<double> drawn;
    std::vector<double> medians(draws);
    for (double& each : medians) each = draw(values, drawn, random);
    return around(median, std::move(medians));
}

std::vector<double> ratios_of(std::span<const double> values, std::span<const double> reference) {
    std::vector<double> ratios;
    const std::size_t count = std::min(values.size(), reference.size());
    for (std::size_t i = 0; i < count; ++i) ratios.push_back(values[i] / reference[i]);
    return ratios;
}

spread change_of(std::span<const double> before, std::span<const double> after,
                 std::uint64_t seed) {
    if (before.empty() || after.empty()) return {};
    const double median =
        median_of({after.begin(), after.end()}) / median_of({before.begin(), before.end()});
    if (before.size() < least_rounds || after.size() < least_rounds) {
        const auto [least, most] = std::minmax_element(before.begin(), before.end());
        const auto [low, high] = std::minmax_element(after.begin(), after.end());
        return {median, *low / *most, *high / *least, false};
    }
    dice random(seed);
    std::vector<double> drawn;
    std::vector<double> changes(draws);
    for (double& each : changes) {
        const double then = draw(before, drawn, random);
        each = draw(after, drawn, random) / then;
    }
    return around(median, std::move(changes));
}

std::string_view verdict_of(const spread& ratio) noexcept {
    if (!ratio.sure) return "too few rounds";
    if (ratio.low <= 1 && ratio.high >= 1) return "within noise";
    return ratio.median < 1 ? "faster" : "slower";
}

}  // namespace bench
