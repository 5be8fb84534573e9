#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// Where values lie on a line of pixels. What a file may hold has a place too: beyond 1e-100 and
/// 1e100 lie the ends, and what is no number lies at the beginning.
class axis {
  public:
    /// From 0 on. Requires: most > 0.
    static axis linear(double most, double first_pixel, double last_pixel);

    /// Each factor takes the same way; somewhat wider than asked for, so that nothing lies on the
    /// edge. Requires: 0 < least <= most.
    static axis logarithmic(double least, double most, double first_pixel, double last_pixel);

    /// Returns: the pixel; that of the nearer end for what lies outside.
    double at(double value) const noexcept;

    /// Returns: round numbers within the axis, from below.
    std::vector<double> ticks(std::size_t about) const;

    double least() const noexcept { return least_; }
    double most() const noexcept { return most_; }

  private:
    double least_ = 0;
    double most_ = 1;
    double first_pixel_ = 0;
    double last_pixel_ = 1;
    bool logarithmic_ = false;
};

/// Returns: `1,500,000` or `0.25`: as few digits as tell it apart from other ticks.
std::string tick_text(double value);

}  // namespace bench
