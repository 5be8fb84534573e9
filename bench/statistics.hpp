#pragma once

#include <cstddef>
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

/// With fewer rounds not even the extremes hold the true median in 95 of 100 runs.
constexpr std::size_t least_rounds = 6;

/// How often an interval may miss.
constexpr double usual_level = 0.05;

/// What is no number does not count.
double median_of(std::vector<double> values);

/// The interval lies between two of the values, as far from either end as the sign test allows: it
/// holds the true median at least as often as it says, whatever the distribution and however few
/// the values. What is no number does not count.
spread spread_of(std::vector<double> values);

/// The ratios of two subjects, round by round: what disturbed the machine in one round disturbed
/// both, and drops out. A round that has none, for its reference took no time, is left out.
std::vector<double> ratios_of(std::span<const double> values, std::span<const double> reference);

/// By which factor two sets of rounds differ that have nothing to do with each other, such as those
/// of two runs: the median of the ratios of each to each, and the interval of the rank test of Mann
/// and Whitney, which does not care for the distribution either. Of more than 2000 rounds the first
/// ones count. Not sure where so few rounds cannot tell anything at that level.
/// Requires: all are above 0.
spread change_of(std::span<const double> before, std::span<const double> after,
                 double level = usual_level);

/// Returns: "within noise" where the spread of the ratios covers 1, else "faster" or "slower";
/// "too few rounds" where that cannot be told.
std::string_view verdict_of(const spread& ratio) noexcept;

}  // namespace bench
