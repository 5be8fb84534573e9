#include "bench/report.hpp"

#include <algorithm>
#include <cstdio>

#include "bench/report/plain.hpp"

namespace bench {
namespace {

/// Most names are shorter.
constexpr std::size_t usual_column = 13;

std::string formatted(const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string optional_number(const std::optional<double>& value) {
    return value ? formatted("%.3f", *value) : "-";
}

/// `61+220`, in the program and in the kernel.
std::string cpu_text(const row& one) {
    if (!one.cpu) return "-";
    if (!one.user || !one.system) return short_number(*one.cpu);
    return short_number(*one.user) + "+" + short_number(*one.system);
}

/// The heading says "x raw": another reference is named.
std::string ratio_text(const std::optional<spread>& ratio, std::string_view reference) {
    if (!ratio) return "";
    std::string text = reference == "raw" ? "" : "x " + printable(reference) + ": ";
    text += formatted("%.3f", ratio->median) + " (" + formatted("%.3f", ratio->low) + " .. " +
            formatted("%.3f", ratio->high) + ") ";
    return text.append(verdict_of(*ratio));
}

/// A line of the table; `names` columns wide is its first field.
std::string line_of(std::size_t names, const std::string& subject, const std::string& time,
                    const std::string& interval, const std::string& cpu,
                    const std::string& allocations, const std::string& calls,
                    const std::string& ratio) {
    char fields[400];
    std::snprintf(fields, sizeof fields, " %10s %23s %17s %8s %8s  ", time.c_str(),
                  interval.c_str(), cpu.c_str(), allocations.c_str(), calls.c_str());
    return "  " + padded(subject, names) + fields + ratio + "\n";
}

std::string text_of(const row& one, std::size_t names) {
    if (!one.measured())
        return "  " + padded(one.subject, names) + (one.failed ? " FAILED: " : " skipped: ") +
               printable(one.missing) + "\n";
    std::string text = line_of(
        names, one.subject, short_number(one.per_item.median),
        "(" + short_number(one.per_item.low) + " .. " + short_number(one.per_item.high) + ")",
        cpu_text(one), optional_number(one.allocations), optional_number(one.system_calls),
        ratio_text(one.ratio, one.reference));
    const std::string below = "  " + padded("", names);
    if (!one.notes.empty()) {
        text += below;
        for (const auto& [name, value] : one.notes)
            text += " " + printable(name) + "=" + short_number(value);
        text += "\n";
    }
    if (one.failed) text += below + " FAILED " + printable(one.failure) + "\n";
    return text;
}

}  // namespace

std::string environment_text(const environment& where) {
    constexpr std::size_t names = 19;
    std::string text;
    for (const auto& [name, value] : where.facts)
        text += padded(name, names) + " " + printable(value) + "\n";
    for (const std::string& warning : where.warnings)
        text += padded("warning", names) + " " + printable(warning) + "\n";
    return text;
}

std::size_t column_of(const std::vector<row>& rows) {
    std::size_t column = usual_column;
    for (const row& one : rows) column = std::max(column, one.subject.size());
    return column;
}

std::size_t column_of(const std::vector<const workload*>& all) {
    std::size_t column = usual_column;
    for (const workload* one : all) {
        for (const subject& who : one->subjects) column = std::max(column, who.name.size());
    }
    return column;
}

std::string heading_text(int rounds, std::size_t names) {
    const bool few = rounds < static_cast<int>(least_rounds);
    return "\n" + line_of(names, "subject", "ns", few ? "(lowest .. highest)" : "(95 % sure)",
                          "user+system ns", "allocs", "calls", "x raw");
}

std::string group_text(const row_group& group, std::size_t names) {
    std::string text = printable(group.title + " [" + group.rows.at(0)->unit + "]") + "\n";
    for (const row* one : group.rows) text += text_of(*one, names);
    return text;
}

std::string list_text(const std::vector<workload>& all) {
    std::size_t names = usual_column;
    std::vector<const workload*> listed;
    for (const workload& one : all) {
        names = std::max(names, one.name.size());
        listed.push_back(&one);
    }
    const std::size_t subjects = column_of(listed);
    std::string text;
    for (const workload& one : all) {
        text += padded(one.name, names + 1);
        text += one.what;
        if (one.unit != "ns/item") text.append(" [").append(one.unit).append("]");
        text += "\n";
        for (const parameter& known : one.parameters) {
            std::string values;
            for (const long value : known.values)
                values += (values.empty() ? "" : ",") + std::to_string(value);
            text.append("    ").append(known.name).append("=").append(values).append("  ");
            text.append(known.what).append("\n");
        }
        for (const subject& known : one.subjects)
            text.append("    ").append(padded(known.name, subjects + 1)).append(known.what) += "\n";
    }
    return text;
}

}  // namespace bench
