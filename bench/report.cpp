#include "bench/report.hpp"

#include <cstdio>

namespace bench {
namespace {

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
    std::string text = reference == "raw" ? "" : "x " + std::string(reference) + ": ";
    text += formatted("%.3f", ratio->median) + " (" + formatted("%.3f", ratio->low) + " .. " +
            formatted("%.3f", ratio->high) + ") ";
    return text.append(verdict_of(*ratio));
}

}  // namespace

void print_environment(const environment& where) {
    for (const auto& [name, value] : where.facts)
        std::printf("%-19s %s\n", name.c_str(), value.c_str());
    for (const std::string& warning : where.warnings)
        std::printf("%-19s %s\n", "warning", warning.c_str());
}

void print_heading(int rounds) {
    const char* low_to_high = rounds < 6 ? "(lowest .. highest)" : "(95 % sure)";
    std::printf("\n  %-13s %10s %23s %17s %8s %8s  %s\n", "subject", "ns", low_to_high,
                "user+system ns", "allocs", "calls", "x raw");
}

void print_group(const row_group& group) {
    std::printf("%s [%s]\n", group.title.c_str(), group.rows.at(0)->unit.c_str());
    for (const row* each : group.rows) {
        const row& one = *each;
        if (!one.measured()) {
            std::printf("  %-13s %s: %s\n", one.subject.c_str(), one.failed ? "FAILED" : "skipped",
                        one.missing.c_str());
            continue;
        }
        const std::string interval =
            "(" + short_number(one.per_item.low) + " .. " + short_number(one.per_item.high) + ")";
        std::printf("  %-13s %10s %23s %17s %8s %8s  %s\n", one.subject.c_str(),
                    short_number(one.per_item.median).c_str(), interval.c_str(),
                    cpu_text(one).c_str(), optional_number(one.allocations).c_str(),
                    optional_number(one.system_calls).c_str(),
                    ratio_text(one.ratio, one.reference).c_str());
        if (one.notes.empty()) continue;
        std::printf("  %-13s", "");
        for (const auto& [name, value] : one.notes)
            std::printf(" %s=%s", name.c_str(), short_number(value).c_str());
        std::printf("\n");
    }
    std::fflush(stdout);
}

void print_list(const std::vector<workload>& all) {
    for (const workload& one : all) {
        const std::string name(one.name);
        const std::string unit = one.unit == "ns/item" ? "" : " [" + std::string(one.unit) + "]";
        std::printf("%-14s %s%s\n", name.c_str(), std::string(one.what).c_str(), unit.c_str());
        for (const parameter& known : one.parameters) {
            std::string values;
            for (const long value : known.values)
                values += (values.empty() ? "" : ",") + std::to_string(value);
            std::printf("    %s=%s  %s\n", std::string(known.name).c_str(), values.c_str(),
                        std::string(known.what).c_str());
        }
        for (const subject& known : one.subjects)
            std::printf("    %-13s %s\n", std::string(known.name).c_str(),
                        std::string(known.what).c_str());
    }
}

}  // namespace bench
