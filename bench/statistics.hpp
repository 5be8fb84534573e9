#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace bench {

/// The middle of some rounds, and how far it can be trusted: with 95 % confidence the true median
/// lies between `low` and `high`. With fewer than 6 rounds these are the extremes, and say little.
struct spread {
    double median = 0;
    double low = 0;
    double high = 0;
    bool sure = false;  ///< Enough rounds for the 95 %.
};

spread spread_of(std::vector<double> values);

/// The ratios of two subjects, round by round: what disturbed the machine in one round disturbed
/// both, and drops out.
spread ratio_of(std::span<const double> values, std::span<const double> reference);

/// Returns: "within noise" where the spread of the ratios covers 1, else "faster" or "slower";
/// "too few rounds" where that cannot be told.
std::string_view verdict_of(const spread& ratio) noexcept;

}  // namespace bench
