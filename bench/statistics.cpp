#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

constexpr std::size_t most_compared = 2000;
/// Of more pairs the normal distribution is near enough, and exact counts take too long.
constexpr std::size_t most_counted = 1000;

double middle_of(std::vector<double>& values) {
    const std::size_t half = values.size() / 2;
    const auto upper = values.begin() + static_cast<std::ptrdiff_t>(half);
    std::nth_element(values.begin(), upper, values.end());
    if (values.size() % 2 == 1) return *upper;
    return (*std::max_element(values.begin(), upper) + *upper) / 2;
}

void drop_what_is_no_number(std::vector<double>& values) {
    std::erase_if(values, [](double each) { return !std::isfinite(each); });
}

/// So many of `count` values can be left off at either end: that the true median lies beyond them
/// is as likely as so few heads of as many coins.
/// Returns: 0 when not even the extremes are far enough apart.
std::size_t outside_of_median(std::size_t count, double level) {
    const auto all = static_cast<double>(count);
    double likely = 0;
    std::size_t outside = 0;
    for (; outside < count / 2; ++outside) {
        const auto heads = static_cast<double>(outside);
        likely += std::exp(std::lgamma(all + 1) - std::lgamma(heads + 1) -
                           std::lgamma(all - heads + 1) - all * std::log(2.0));
        if (likely > level / 2) break;
    }
    return outside;
}

/// Of two samples that differ in nothing: how likely it is for each number of pairs that the first
/// one's is the smaller in so many. Whose the largest value is decides what the others have.
std::vector<double> likely_pairs(std::size_t first, std::size_t second) {
    const std::size_t pairs = first * second;
    // Of samples of as many values as the row says, and so many; without values there is no pair.
    std::vector<std::vector<double>> row(second + 1, std::vector<double>(pairs + 1, 0.0));
    for (auto& none : row) none[0] = 1;
    for (std::size_t i = 1; i <= first; ++i) {
        for (std::size_t j = 1; j <= second; ++j) {
            const double share = static_cast<double>(i) / static_cast<double>(i + j);
            std::vector<double> both(pairs + 1);
            for (std::size_t u = 0; u <= i * j; ++u)
                both[u] = (u >= j ? share * row[j][u - j] : 0) + (1 - share) * row[j - 1][u];
            row[j] = std::move(both);
        }
    }
    return row[second];
}

/// So many of the ratios of each to each can be left off at either end.
/// Returns: 0 when no interval of theirs is wide enough.
std::size_t outside_of_change(std::size_t before, std::size_t after, double level) {
    const std::size_t pairs = before * after;
    std::size_t outside = 0;
    if (pairs <= most_counted) {
        const std::vector<double> likely = likely_pairs(before, after);
        for (double sum = likely[0]; sum <= level / 2; sum += likely[outside]) ++outside;
        return outside;
    }
    const auto all = static_cast<double>(pairs);
    const double deviation = std::sqrt(all * static_cast<double>(before + after + 1) / 12);
    const auto likely = [&](std::size_t at_most) {
        const double place = (static_cast<double>(at_most) + 0.5 - all / 2) / deviation;
        return std::erfc(-place / std::sqrt(2.0)) / 2;
    };
    std::size_t too_many = pairs / 2;
    while (outside < too_many) {
        const std::size_t middle = outside + (too_many - outside) / 2;
        if (likely(middle) <= level / 2)
            outside = middle + 1;
        else
            too_many = middle;
    }
    return outside;
}

/// Leaves off so many at either end; none where that is 0, and then it is not sure.
spread between(std::vector<double> values, std::size_t outside) {
    const double median = middle_of(values);
    std::sort(values.begin(), values.end());
    const std::size_t first = outside == 0 ? 0 : outside - 1;
    return {median, values[first], values[values.size() - 1 - first], outside != 0};
}

}  // namespace

double median_of(std::vector<double> values) {
    drop_what_is_no_number(values);
    return values.empty() ? 0 : middle_of(values);
}

spread spread_of(std::vector<double> values) {
    drop_what_is_no_number(values);
    if (values.empty()) return {};
    const std::size_t outside = outside_of_median(values.size(), usual_level);
    return between(std::move(values), outside);
}

std::vector<double> ratios_of(std::span<const double> values, std::span<const double> reference) {
    std::vector<double> ratios;
    const std::size_t count = std::min(values.size(), reference.size());
    for (std::size_t i = 0; i < count; ++i) {
        const double ratio = values[i] / reference[i];
        if (std::isfinite(ratio)) ratios.push_back(ratio);
    }
    return ratios;
}

spread change_of(std::span<const double> before, std::span<const double> after, double level) {
    before = before.first(std::min(before.size(), most_compared));
    after = after.first(std::min(after.size(), most_compared));
    std::vector<double> ratios;
    for (const double then : before) {
        const std::vector<double> each(after.size(), then);
        const std::vector<double> to_each = ratios_of(after, each);
        ratios.insert(ratios.end(), to_each.begin(), to_each.end());
    }
    if (ratios.empty()) return {};
    const bool few = before.size() < least_rounds || after.size() < least_rounds ||
                     ratios.size() < before.size() * after.size();
    const std::size_t outside = few ? 0 : outside_of_change(before.size(), after.size(), level);
    return between(std::move(ratios), outside);
}

std::string_view verdict_of(const spread& ratio) noexcept {
    if (!ratio.sure) return "too few rounds";
    if (ratio.low <= 1 && ratio.high >= 1) return "within noise";
    return ratio.median < 1 ? "faster" : "slower";
}

}  // namespace bench
