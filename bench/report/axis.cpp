#include "bench/report/axis.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

/// Rounding must not lose the tick at the end.
constexpr double slack = 1e-9;

constexpr double least_value = 1e-100;
constexpr double most_value = 1e100;

/// In this order, so that what is no number is the least.
double between(double least, double value, double most) noexcept {
    return std::min(most, std::max(least, value));
}

double value_of(double value) noexcept { return between(least_value, value, most_value); }

int exponent_of(double value) noexcept { return static_cast<int>(std::floor(std::log10(value))); }

std::vector<double> linear_ticks(double most, std::size_t about) {
    const double rough = most / static_cast<double>(std::max<std::size_t>(about, 1));
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double digit : {5.0, 2.0, 1.0}) {
        if (digit * power >= rough) step = digit * power;
    }
    std::vector<double> ticks;
    for (int i = 0; i * step <= most * (1 + slack); ++i) ticks.push_back(i * step);
    return ticks;
}

std::vector<double> ticks_of_digits(double least, double most, const std::vector<double>& digits,
                                    int step) {
    std::vector<double> ticks;
    for (int exponent = exponent_of(least); exponent <= exponent_of(most); exponent += step) {
        for (const double digit : digits) {
            const double tick = digit * std::pow(10.0, exponent);
            if (tick >= least * (1 - slack) && tick <= most * (1 + slack)) ticks.push_back(tick);
        }
    }
    return ticks;
}

std::vector<double> logarithmic_ticks(double least, double most, std::size_t about) {
    // Of very many decades not each has one.
    const int step = 1 + (exponent_of(most) - exponent_of(least)) / static_cast<int>(3 * about + 1);
    std::vector<double> ticks;
    for (const std::vector<double>& digits :
         {std::vector<double>{1},
          {1, 3},
          {1, 2, 5},
          {1, 1.5, 2, 3, 4, 5, 6, 8},
          {1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}}) {
        std::vector<double> denser = ticks_of_digits(least, most, digits, step);
        if (denser.size() > 2 * about && !ticks.empty()) break;
        ticks = std::move(denser);
        if (ticks.size() >= about) break;
    }
    return ticks;
}

}  // namespace

axis axis::linear(double most, double first_pixel, double last_pixel) {
    axis made;
    made.most_ = value_of(most);
    made.first_pixel_ = first_pixel;
    made.last_pixel_ = last_pixel;
    return made;
}

axis axis::logarithmic(double least, double most, double first_pixel, double last_pixel) {
    least = value_of(least);
    most = std::max(least, value_of(most));
    const double margin = std::max(std::pow(most / least, 0.06), 1.04);
    axis made;
    made.least_ = least / margin;
    made.most_ = most * margin;
    made.first_pixel_ = first_pixel;
    made.last_pixel_ = last_pixel;
    made.logarithmic_ = true;
    return made;
}

double axis::at(double value) const noexcept {
    const double inside = between(least_, value, most_);
    const double share = logarithmic_ ? std::log(inside / least_) / std::log(most_ / least_)
                                      : (inside - least_) / (most_ - least_);
    return first_pixel_ + share * (last_pixel_ - first_pixel_);
}

std::vector<double> axis::ticks(std::size_t about) const {
    return logarithmic_ ? logarithmic_ticks(least_, most_, about) : linear_ticks(most_, about);
}

std::string tick_text(double value) {
    char text[64];
    if (std::abs(value) < 1000) {
        std::snprintf(text, sizeof text, "%.4g", value);
        return text;
    }
    // Not what has more digits than anybody reads.
    std::snprintf(text, sizeof text, std::abs(value) < 1e15 ? "%.0f" : "%.4g", value);
    if (!(std::abs(value) < 1e15)) return text;
    std::string grouped = text;
    for (std::size_t from_end = 3; from_end < grouped.size() - (value < 0); from_end += 4)
        grouped.insert(grouped.size() - from_end, 1, ',');
    return grouped;
}

}  // namespace bench
