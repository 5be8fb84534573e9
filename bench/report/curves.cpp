#include "bench/report/page.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace bench {
namespace {

/// Two points are no curve.
constexpr std::size_t least_points = 3;

/// Returns: what a row has in common with those of its plot: `echo size=64, by connections`.
std::string family_of(const row& one, const std::string& varied) {
    std::string name = one.workload;
    for (const auto& [parameter, value] : one.parameters) {
        if (parameter != varied)
            name.append(" ").append(parameter).append("=") += std::to_string(value);
    }
    return name + ", by " + varied;
}

plot& plot_named(std::vector<plot>& plots, const std::string& title, const row& one,
                 const std::string& varied) {
    for (plot& known : plots) {
        if (known.title == title) return known;
    }
    plots.push_back({title, varied, one.unit, {}});
    return plots.back();
}

plot_line& line_named(plot& in, const std::string& name) {
    for (plot_line& known : in.lines) {
        if (known.name == name) return known;
    }
    in.lines.push_back({name, "", {}});
    return in.lines.back();
}

void colour_lines(plot& what) {
    std::vector<std::string> names;
    for (const plot_line& line : what.lines) names.push_back(line.name);
    const std::vector<std::string> colours = colours_of(names);
    for (std::size_t i = 0; i < names.size(); ++i) what.lines[i].colour = colours[i];
}

std::size_t different_x(const plot& what) {
    std::set<double> all;
    for (const plot_line& line : what.lines) {
        for (const plot_point& point : line.points) {
            if (point.x > 0) all.insert(point.x);
        }
    }
    return all.size();
}

struct percentile {
    const char* note;
    double one_in;
    const char* label;
};

/// Each is so far to the right as it is rare.
constexpr percentile percentiles[] = {{"p50_ns", 2, "p50"},
                                      {"p99_ns", 100, "p99"},
                                      {"p99_9_ns", 1000, "p99.9"},
                                      {"max_ns", 10'000, "max"}};

/// Returns: without an interval where it has none.
std::optional<spread> noted(const row& one, const std::string& wanted) {
    for (const auto& [name, value] : one.note_spreads) {
        if (name == wanted) return value;
    }
    for (const auto& [name, value] : one.notes) {
        if (name == wanted) return spread{value, value, value, false};
    }
    return std::nullopt;
}

}  // namespace

std::vector<plot> scaling_of(const std::vector<row>& rows) {
    std::vector<plot> plots;
    for (const row& one : rows) {
        if (!one.measured()) continue;
        for (const auto& [varied, value] : one.parameters) {
            plot& into = plot_named(plots, family_of(one, varied), one, varied);
            line_named(into, one.subject)
                .points.push_back({static_cast<double>(value), one.per_item});
        }
    }
    std::erase_if(plots, [](const plot& what) { return different_x(what) < least_points; });
    for (plot& what : plots) {
        colour_lines(what);
        for (plot_line& line : what.lines) {
            std::sort(line.points.begin(), line.points.end(),
                      [](const plot_point& a, const plot_point& b) { return a.x < b.x; });
        }
    }
    return plots;
}

plot latency_of(const row_group& group) {
    plot made{group.title + ", latency", "of all messages, so many took no longer", "ns", {}};
    for (const percentile& each : percentiles) made.x_ticks.emplace_back(each.one_in, each.label);
    for (const row* one : group.rows) {
        plot_line line{one->subject, "", {}};
        for (const percentile& each : percentiles) {
            if (const std::optional<spread> value = noted(*one, each.note))
                line.points.push_back({each.one_in, *value});
        }
        // One figure is no distribution.
        if (line.points.size() > 1) made.lines.push_back(std::move(line));
    }
    std::erase_if(made.x_ticks, [&made](const auto& tick) {
        return std::none_of(made.lines.begin(), made.lines.end(), [&](const plot_line& line) {
            return line.points.back().x >= tick.first;
        });
    });
    colour_lines(made);
    return made;
}

}  // namespace bench
