#include "bench/report/chart.hpp"

#include <algorithm>
#include <array>

#include "bench/report/axis.hpp"
#include "bench/report/svg.hpp"

namespace bench {
namespace {

constexpr double width = 520;
constexpr double height = 300;
constexpr double left = 92;
constexpr double right = 396;
constexpr double top = 26;
constexpr double bottom = 248;
constexpr double least_between_labels = 26;

constexpr std::array dashes{"", "6 3", "2 3", "8 3 2 3"};

bool has_a_place(const plot_point& point) {
    return point.x > 0 && point.y.low > 0 && point.y.median > 0;
}

struct bounds {
    double least_x = 0;
    double most_x = 0;
    double least_y = 0;
    double most_y = 0;
    std::vector<double> all_x;
};

bounds bounds_of(const plot& what) {
    bounds found;
    for (const plot_line& line : what.lines) {
        for (const plot_point& point : line.points) {
            if (!has_a_place(point)) continue;
            const bool first = found.all_x.empty();
            found.least_x = first ? point.x : std::min(found.least_x, point.x);
            found.most_x = first ? point.x : std::max(found.most_x, point.x);
            found.least_y = first ? point.y.low : std::min(found.least_y, point.y.low);
            found.most_y = first ? point.y.high : std::max(found.most_y, point.y.high);
            found.all_x.push_back(point.x);
        }
    }
    std::sort(found.all_x.begin(), found.all_x.end());
    found.all_x.erase(std::unique(found.all_x.begin(), found.all_x.end()), found.all_x.end());
    return found;
}

void draw_frame(svg& out, const plot& what, const bounds& area, const axis& across,
                const axis& up) {
    for (const double tick : up.ticks(4)) {
        out.line(left, up.at(tick), right, up.at(tick), "grid");
        out.text(left - 6, up.at(tick) + 4, tick_text(tick), anchor::end);
    }
    std::vector<std::pair<double, std::string>> ticks = what.x_ticks;
    if (ticks.empty()) {
        for (const double x : area.all_x) ticks.emplace_back(x, tick_text(x));
    }
    double last = -1000;
    for (const auto& [x, label] : ticks) {
        const double place = across.at(x);
        out.line(place, top, place, bottom, "grid");
        if (place - last < least_between_labels + 3 * static_cast<double>(label.size())) continue;
        out.text(place, bottom + 16, label, anchor::middle);
        last = place;
    }
    out.line(left, bottom, right, bottom, "axis");
    out.line(left, top, left, bottom, "axis");
    out.text((left + right) / 2, bottom + 36, what.x_name, anchor::middle, "unit");
    out.upright_text(14, (top + bottom) / 2, what.y_name);
}

void draw_line(svg& out, const plot_line& line, int shape, const axis& across, const axis& up) {
    std::string points;
    for (const plot_point& point : line.points) {
        if (!has_a_place(point)) continue;
        points += pixels(across.at(point.x)) + "," + pixels(up.at(point.y.median)) + " ";
    }
    out.path(points, line.colour, dashes[static_cast<std::size_t>(shape) / 4 % dashes.size()]);
    for (const plot_point& point : line.points) {
        if (!has_a_place(point)) continue;
        const double x = across.at(point.x);
        const double low = up.at(point.y.low);
        const double high = up.at(point.y.high);
        if (point.y.low < point.y.high) {
            out.line(x, low, x, high, "interval");
            out.line(x - 3, low, x + 3, low, "interval");
            out.line(x - 3, high, x + 3, high, "interval");
        }
        out.marker(x, up.at(point.y.median), shape, line.colour);
    }
}

}  // namespace

std::string line_chart(const plot& what) {
    const bounds area = bounds_of(what);
    if (area.all_x.empty()) return "";
    svg out(width, height, what.title);
    out.text(0, 12, what.title, anchor::start, "title");
    const axis across = axis::logarithmic(area.least_x, area.most_x, left, right);
    const axis up = axis::logarithmic(area.least_y, area.most_y, bottom, top);
    draw_frame(out, what, area, across, up);
    int shape = 0;
    double legend = top + 8;
    for (const plot_line& line : what.lines) {
        draw_line(out, line, shape, across, up);
        out.marker(right + 16, legend, shape, line.colour);
        out.text(right + 26, legend + 4, line.name);
        legend += 17;
        ++shape;
    }
    return out.str();
}

}  // namespace bench
