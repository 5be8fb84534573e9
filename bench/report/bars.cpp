#include "bench/report/chart.hpp"

#include <algorithm>

#include "bench/report/axis.hpp"
#include "bench/report/row.hpp"
#include "bench/report/svg.hpp"

namespace bench {
namespace {

constexpr double width = 520;
constexpr double names_end = 112;
constexpr double values_begin = 344;
constexpr double bar_height = 16;
constexpr double bar_step = 24;
constexpr double top = 24;
constexpr double below = 38;
constexpr double least_between_labels = 30;

constexpr const char* system_colour = "#e0a458";

double height_for(std::size_t bars) { return top + static_cast<double>(bars) * bar_step + below; }

/// Long names would run out of the drawing.
std::string at_most(const std::string& text, std::size_t characters) {
    return text.size() <= characters ? text : text.substr(0, characters - 2) + "..";
}

void draw_axis(svg& out, const axis& values, std::size_t bars, const std::string& unit) {
    const double bottom = top + static_cast<double>(bars) * bar_step;
    for (const double tick : values.ticks(4)) {
        const double x = values.at(tick);
        out.line(x, top - 4, x, bottom, "grid");
        out.text(x, bottom + 14, tick_text(tick), anchor::middle);
    }
    out.line(names_end, top - 4, names_end, bottom, "axis");
    out.text((names_end + values_begin) / 2, bottom + 31, unit, anchor::middle, "unit");
}

void draw_interval(svg& out, double low, double high, double y) {
    // Seen on a dark bar as well.
    out.line(low, y, high, y, "halo");
    out.line(low, y, high, y, "interval");
    out.line(low, y - 4, low, y + 4, "interval");
    out.line(high, y - 4, high, y + 4, "interval");
}

}  // namespace

std::string bar_chart(const std::string& title, const std::string& unit,
                      const std::vector<bar>& bars) {
    double most = 0;
    for (const bar& each : bars) most = std::max(most, each.value.high);
    if (!(most > 0)) return "";
    svg out(width, height_for(bars.size()), title);
    out.text(0, 12, title, anchor::start, "title");
    const axis values = axis::linear(most, names_end, values_begin - 10);
    draw_axis(out, values, bars.size(), unit);
    double y = top;
    for (const bar& each : bars) {
        const double middle = y + bar_step / 2;
        out.text(names_end - 6, middle + 4, at_most(each.name, 17), anchor::end);
        out.rectangle(names_end, middle - bar_height / 2, values.at(each.value.median) - names_end,
                      bar_height, each.colour);
        draw_interval(out, values.at(each.value.low), values.at(each.value.high), middle);
        out.text(values_begin, middle + 4,
                 short_number(each.value.median) + " (" + short_number(each.value.low) + " .. " +
                     short_number(each.value.high) + ")");
        y += bar_step;
    }
    return out.str();
}

std::string split_chart(const std::string& title, const std::string& unit,
                        const std::vector<split_bar>& bars) {
    double most = 0;
    for (const split_bar& each : bars) most = std::max(most, each.user + each.system);
    if (!(most > 0)) return "";
    svg out(width, height_for(bars.size()), title);
    out.text(0, 12, title, anchor::start, "title");
    out.rectangle(values_begin - 60, 3, 10, 10, our_colour).text(values_begin - 46, 12, "program");
    out.rectangle(values_begin + 20, 3, 10, 10, system_colour)
        .text(values_begin + 34, 12, "kernel");
    const axis values = axis::linear(most, names_end, values_begin - 10);
    draw_axis(out, values, bars.size(), unit);
    double y = top;
    for (const split_bar& each : bars) {
        const double middle = y + bar_step / 2;
        const double between = values.at(each.user);
        out.text(names_end - 6, middle + 4, at_most(each.name, 17), anchor::end);
        out.rectangle(names_end, middle - bar_height / 2, between - names_end, bar_height,
                      our_colour);
        out.rectangle(between, middle - bar_height / 2,
                      values.at(each.user + each.system) - between, bar_height, system_colour);
        out.text(values_begin, middle + 4,
                 short_number(each.user) + " + " + short_number(each.system));
        y += bar_step;
    }
    return out.str();
}

std::string ratio_chart(const std::string& title, const std::vector<bar>& ratios) {
    if (ratios.empty()) return "";
    constexpr double wide = 1060;
    constexpr double names = 450;
    constexpr double values_at = 890;
    constexpr double step = 18;
    double least = 1;
    double most = 1;
    for (const bar& each : ratios) {
        if (each.value.low > 0) least = std::min(least, each.value.low);
        most = std::max(most, each.value.high);
    }
    const double bottom = top + static_cast<double>(ratios.size()) * step;
    svg out(wide, bottom + below, title);
    out.text(0, 12, title, anchor::start, "title");
    const axis values = axis::logarithmic(least, most, names, values_at - 16);
    double last = 0;
    for (const double tick : values.ticks(7)) {
        const double x = values.at(tick);
        out.line(x, top - 4, x, bottom, "grid");
        if (x - last < least_between_labels) continue;
        out.text(x, bottom + 14, tick_text(tick), anchor::middle);
        last = x;
    }
    out.line(values.at(1), top - 4, values.at(1), bottom, "one");
    out.text((names + values_at) / 2, bottom + 31, "ratio; left of 1 is faster", anchor::middle,
             "unit");
    double y = top;
    for (const bar& each : ratios) {
        const double middle = y + step / 2;
        out.text(names - 8, middle + 4, at_most(each.name, 66), anchor::end);
        draw_interval(out, values.at(each.value.low), values.at(each.value.high), middle);
        out.marker(values.at(each.value.median), middle, 0, each.colour);
        out.text(values_at, middle + 4,
                 short_number(each.value.median) + " " + std::string(verdict_of(each.value)));
        y += step;
    }
    return out.str();
}

}  // namespace bench
