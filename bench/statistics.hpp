#pragma once

#include <cstdint>
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

/// The same values have the same interval, in every run of the program.
constexpr std::uint64_t usual_seed = 20260101;

double median_of(std::vector<double> values);

/// The interval is that of the percentile bootstrap: the medians of many draws, with replacement,
/// of as many values as there are.
spread spread_of(std::vector<double> values, std::uint64_t seed = usual_seed);

/// The ratios of two subjects, round by round: what disturbed the machine in one round disturbed
/// both, and drops out.
std::vector<double> ratios_of(std::span<const double> values, std::span<const double> reference);

/// How the medians of two sets of rounds that have nothing to do with each other compare, such as
/// those of two runs: each is drawn from by itself.
spread change_of(std::span<const double> before, std::span<const double> after,
                 std::uint64_t seed = usual_seed);

/// Returns: "within noise" where the spread of the ratios covers 1, else "faster" or "slower";
/// "too few rounds" where that cannot be told.
std::string_view verdict_of(const spread& ratio) noexcept;

}  // namespace bench
