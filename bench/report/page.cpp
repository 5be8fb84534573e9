#include "bench/report/page.hpp"

#include <algorithm>

#include "bench/report/svg.hpp"

namespace bench {
namespace {

constexpr const char* head =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>lariat-bench</title>\n<style>\n"
    ":root { color-scheme: light; }\n"
    "body { background: #fff; color: #1c1c1c; max-width: 1080px; margin: 2em auto;\n"
    "  padding: 0 1em; font: 15px/1.45 system-ui, \"DejaVu Sans\", sans-serif; }\n"
    "h1 { font-size: 1.7em; margin-bottom: .2em; }\n"
    "h2 { font-size: 1.25em; margin: 1.8em 0 .3em; border-bottom: 1px solid #ccc; }\n"
    "h3 { font-size: 1em; margin: 1.2em 0 .3em; font-family: ui-monospace, monospace; }\n"
    "table { border-collapse: collapse; font-size: 13px; margin: .5em 0; }\n"
    "th, td { text-align: left; padding: 2px 9px 2px 0; vertical-align: top;\n"
    "  border-bottom: 1px solid #e4e4e4; }\n"
    "th { border-bottom: 1px solid #888; }\n"
    "td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
    "td.faster { color: #0b6b2d; font-weight: 600; }\n"
    "td.slower { color: #a01818; font-weight: 600; }\n"
    "td.notes { color: #444; font-size: 12px; }\n"
    ".charts { display: flex; flex-wrap: wrap; gap: 10px 30px; }\n"
    "figure { margin: .4em 0; break-inside: avoid; }\n"
    "svg { max-width: 100%; height: auto; font: 11.5px system-ui, \"DejaVu Sans\", sans-serif; }\n"
    "svg text { fill: #1c1c1c; }\n"
    "svg .title { font-weight: 600; font-size: 12.5px; }\n"
    "svg .unit { fill: #444; }\n"
    ".grid { stroke: #dcdcdc; stroke-width: 1; }\n"
    ".axis { stroke: #555; stroke-width: 1; }\n"
    ".one { stroke: #a01818; stroke-width: 1.2; stroke-dasharray: 4 3; }\n"
    ".halo { stroke: #fff; stroke-width: 4; }\n"
    ".interval { stroke: #000; stroke-width: 1.2; }\n"
    ".facts th { border-bottom: 1px solid #e4e4e4; white-space: nowrap; }\n"
    "@media print { body { margin: 0; max-width: none; font-size: 11px; }\n"
    "  h2, h3 { break-after: avoid; } tr { break-inside: avoid; }\n"
    "  rect, circle, polygon { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }\n"
    "</style>\n</head>\n<body>\n";

std::string element(std::string_view name, std::string_view text, std::string_view kind = "") {
    std::string out = "<" + std::string(name);
    if (!kind.empty()) out.append(" class=\"").append(kind).append("\"");
    return out + ">" + escaped(text) + "</" + std::string(name) + ">";
}

std::string figure(const std::string& drawing) {
    return drawing.empty() ? "" : "<figure>" + drawing + "</figure>\n";
}

std::string number(const std::optional<double>& value) { return value ? short_number(*value) : ""; }

std::string environment_table(const environment& where) {
    std::string out = "<h2>Where it was measured</h2>\n<table class=\"facts\">\n";
    for (const auto& [name, value] : where.facts)
        out += "<tr>" + element("th", name) + element("td", value) + "</tr>\n";
    for (const std::string& warning : where.warnings)
        out += "<tr>" + element("th", "warning") + element("td", warning, "slower") + "</tr>\n";
    return out + "</table>\n";
}

std::string interval_text(const spread& value) {
    return "(" + short_number(value.low) + " .. " + short_number(value.high) + ")";
}

std::string cells_of(const row& one) {
    std::string out = element("td", one.subject);
    if (!one.measured())
        return out + "<td colspan=\"8\" class=\"notes\">" +
               escaped((one.failed ? "failed: " : "skipped: ") + one.missing) + "</td>";
    std::string notes;
    for (const auto& [name, value] : one.notes)
        notes += (notes.empty() ? "" : ", ") + name + " " + short_number(value);
    if (one.failed) notes += (notes.empty() ? "failed " : ", failed ") + one.failure;
    out += element("td", short_number(one.per_item.median), "n") +
           element("td", interval_text(one.per_item), "n") + element("td", number(one.user), "n") +
           element("td", number(one.system), "n") + element("td", number(one.allocations), "n") +
           element("td", number(one.system_calls), "n");
    if (one.ratio) {
        const std::string verdict(verdict_of(*one.ratio));
        out +=
            element("td", short_number(one.ratio->median) + " " + interval_text(*one.ratio), "n") +
            element("td", verdict, verdict);
    } else {
        out += element("td", "", "n") + element("td", "");
    }
    if (notes.empty()) return out;
    return out + "</tr>\n<tr><td></td><td colspan=\"8\" class=\"notes\">" + escaped(notes) +
           "</td>";
}

/// Few rounds hold no interval, only extremes.
std::string_view interval_name(const row_group& group) {
    const bool sure = std::any_of(group.rows.begin(), group.rows.end(),
                                  [](const row* one) { return one->per_item.sure; });
    return sure ? "95 % interval" : "lowest .. highest";
}

std::string table_of(const row_group& group) {
    const row& first = *group.rows.at(0);
    std::string out = "<table>\n<tr>" + element("th", "subject") + element("th", first.unit, "n") +
                      element("th", interval_name(group), "n") + element("th", "program", "n") +
                      element("th", "kernel", "n") + element("th", "allocations", "n") +
                      element("th", "system calls", "n") +
                      element("th", "x " + first.reference, "n") + element("th", "verdict") +
                      "</tr>\n";
    for (const row* one : group.rows) out += "<tr>" + cells_of(*one) + "</tr>\n";
    return out + "</table>\n";
}

std::string charts_of(const row_group& group) {
    std::vector<std::string> names;
    for (const row* one : group.rows) names.push_back(one->subject);
    const std::vector<std::string> colours = colours_of(names);
    std::vector<bar> times;
    std::vector<split_bar> parts;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const row& one = *group.rows[i];
        if (!one.measured()) continue;
        times.push_back({one.subject, colours[i], one.per_item});
        if (one.user && one.system) parts.push_back({one.subject, *one.user, *one.system});
    }
    return "<div class=\"charts\">" +
           figure(bar_chart(group.title, group.rows.at(0)->unit, times)) +
           figure(
               split_chart(group.title + ", CPU time", "ns of CPU time for each, median", parts)) +
           figure(line_chart(latency_of(group))) + "</div>\n";
}

/// All that belongs to one workload, whatever its parameters.
std::string section_of(const std::string& workload, const std::vector<row>& rows) {
    const row& first = rows.at(0);
    std::string out = element("h2", workload) + "\n" + element("p", first.about) + "\n";
    std::string subjects;
    for (const row& one : rows) {
        const std::string item =
            "<tr>" + element("th", one.subject) + element("td", one.what) + "</tr>\n";
        if (subjects.find(item) == subjects.npos) subjects += item;
    }
    out += "<table class=\"facts\">\n" + subjects + "</table>\n<div class=\"charts\">";
    for (const plot& curve : scaling_of(rows)) out += figure(line_chart(curve));
    out += "</div>\n";
    for (const row_group& group : grouped(rows))
        out += element("h3", group.title) + "\n" + charts_of(group) + table_of(group);
    return out;
}

/// So many fit on a page.
constexpr std::size_t ratios_in_a_chart = 40;

std::string overview(const std::vector<row>& rows) {
    std::string out = "<h2>Beside the work done by hand, or the rival named</h2>\n";
    std::vector<bar> ratios;
    const auto draw = [&] {
        out += figure(
            ratio_chart("Ratio of times, median of the rounds' ratios, 95 % interval", ratios));
        ratios.clear();
    };
    for (const row& one : rows) {
        if (!one.ratio) continue;
        ratios.push_back({one.title() + ": " + one.subject + " / " + one.reference,
                          colours_of({one.subject}).at(0), *one.ratio});
        if (ratios.size() == ratios_in_a_chart) draw();
    }
    draw();
    return out;
}

std::string summary(const std::vector<row>& rows) {
    std::size_t measured = 0;
    std::size_t failed = 0;
    for (const row& one : rows) {
        measured += one.measured();
        failed += one.failed;
    }
    std::string out =
        element("p", std::to_string(measured) + " of " + std::to_string(rows.size()) +
                         " rows have figures; " + std::to_string(failed) + " failed.");
    const standing ours = standing_of(rows);
    out += "<h2>Where Lariat does not lead</h2>\n" +
           element("p", "Where: " + judged_text(ours) + ".") + "\n";
    if (ours.slower.empty()) return out;
    out += "<table>\n<tr>" + element("th", "workload") + element("th", "our fastest") +
           element("th", "the fastest other") + element("th", "ours takes, times that", "n") +
           "</tr>\n";
    for (const behind& each : ours.slower)
        out += "<tr>" + element("td", each.title) + element("td", each.subject) +
               element("td", each.fastest) +
               element("td", short_number(each.factor.median) + " " + interval_text(each.factor),
                       "n") +
               "</tr>\n";
    return out + "</table>\n";
}

/// Those that changed; how many did not, or are new, is in the sums.
std::string changes(const comparison& since) {
    std::string out =
        "<h2>Since the run before</h2>\n" + element("p", since.sums()) + "\n<table>\n";
    for (const std::string& differs : since.environment)
        out += "<tr>" + element("td", "other") + "<td colspan=\"4\">" + escaped(differs) +
               "</td></tr>\n";
    for (const changed_row& one : since.rows) {
        if (one.what == change::unchanged || one.what == change::added) continue;
        const std::string what(name_of(one.what));
        out += "<tr>" + element("td", what, what) + element("td", one.title) +
               element("td", one.subject) + element("td", change_text(one)) + "</tr>\n";
    }
    return out + "</table>\n";
}

constexpr const char* how_to_read =
    "<h2>How to read it</h2>\n<p>Subjects ran in turn, round by round; a figure is the median of "
    "the rounds, with an interval that holds the true median in 95 of 100 runs at least. A verdict "
    "is given where the interval of the ratios, taken round by round, leaves out 1; below six "
    "rounds there is none. A figure named max is the largest of all rounds, others beside it are "
    "medians of the rounds. Program and kernel are the CPU time spent "
    "in either, as far as it was measured where the work was done. Ratios of one run compare; "
    "times of two machines do not.</p>\n";

}  // namespace

std::string to_html(const recording& all, const comparison* since) {
    std::string out = head;
    out += "<h1>lariat-bench</h1>\n" + summary(all.rows) + overview(all.rows);
    if (since) out += changes(*since);
    out += environment_table(all.where) + how_to_read;
    std::vector<std::pair<std::string, std::vector<row>>> workloads;
    for (const row& one : all.rows) {
        const auto known = std::find_if(workloads.begin(), workloads.end(), [&](const auto& each) {
            return each.first == one.workload;
        });
        if (known == workloads.end())
            workloads.push_back({one.workload, {one}});
        else
            known->second.push_back(one);
    }
    for (const auto& [name, rows] : workloads) out += section_of(name, rows);
    return out + "</body>\n</html>\n";
}

}  // namespace bench
