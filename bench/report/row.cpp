#include "bench/report/row.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {

std::string row::title() const {
    std::string title = workload;
    for (const auto& [name, value] : parameters)
        title.append(" ").append(name).append("=") += std::to_string(value);
    return title;
}

std::vector<row> rows_of(const outcome& measured) {
    const workload& work = *measured.measured;
    std::vector<row> made;
    for (const figures& sum : measured.subjects) {
        row one;
        one.workload = work.name;
        one.about = work.what;
        one.unit = work.unit;
        one.parameters = measured.with.all();
        one.subject = sum.subject;
        for (const subject& who : work.subjects) {
            if (who.name == sum.subject) one.what = who.what;
        }
        one.reference = work.reference;
        one.missing = sum.missing;
        one.failed = sum.failed;
        one.failure = sum.failure;
        one.per_item = sum.per_item;
        one.rounds = sum.rounds;
        one.cpu = sum.cpu;
        if (sum.cpu_parts) {
            one.user = sum.cpu_parts->user;
            one.system = sum.cpu_parts->system;
        }
        one.allocations = sum.allocations;
        one.system_calls = sum.system_calls;
        one.notes = sum.notes;
        one.note_spreads = sum.note_spreads;
        one.ratio = sum.ratio;
        one.ratios = sum.ratios;
        made.push_back(std::move(one));
    }
    return made;
}

bool is_ours(std::string_view subject) noexcept { return subject.starts_with("lariat"); }

std::vector<row_group> grouped(const std::vector<row>& rows) {
    std::vector<row_group> groups;
    for (const row& one : rows) {
        const std::string title = one.title();
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const row_group& known) { return known.title == title; });
        if (group == groups.end()) group = groups.insert(group, {title, {}});
        group->rows.push_back(&one);
    }
    return groups;
}

std::string short_number(double value) {
    const double size = std::abs(value);
    char text[64];
    const char* format = "%.2f";
    if (size >= 100) format = "%.1f";
    if (size >= 10'000) format = "%.0f";
    // More than any figure of ours, but not more than a file may hold.
    if (size >= 1e15) format = "%.4g";
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace bench
