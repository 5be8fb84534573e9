#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/statistics.hpp"

namespace bench {

/// A value with its interval, lying.
struct bar {
    std::string name;
    std::string colour;
    spread value;
};

/// From 0, so that lengths compare; the interval as a line across each bar's end.
/// Returns: an SVG; empty without bars.
std::string bar_chart(const std::string& title, const std::string& unit,
                      const std::vector<bar>& bars);

/// CPU time in the program and in the kernel.
struct split_bar {
    std::string name;
    double user = 0;
    double system = 0;
};

std::string split_chart(const std::string& title, const std::string& unit,
                        const std::vector<split_bar>& bars);

/// Intervals of ratios around a line at 1, on a logarithmic axis.
std::string ratio_chart(const std::string& title, const std::vector<bar>& ratios);

struct plot_point {
    double x = 0;
    spread y = {};
};

struct plot_line {
    std::string name;
    std::string colour;
    std::vector<plot_point> points;
};

/// Lines over two logarithmic axes. What is not above 0 is left out: it has no place there.
struct plot {
    std::string title;
    std::string x_name;
    std::string y_name;
    std::vector<plot_line> lines;
    std::vector<std::pair<double, std::string>> x_ticks = {};  ///< Empty: where there are points.
};

/// Returns: an SVG; empty without points.
std::string line_chart(const plot& what);

/// The first of ours, and of CPU time in the program.
inline constexpr const char* our_colour = "#14508c";

/// Returns: the colours of subjects that are drawn together: shades of one for ours, greys for what
/// is done by hand, others for rivals.
std::vector<std::string> colours_of(const std::vector<std::string>& subjects);

}  // namespace bench
