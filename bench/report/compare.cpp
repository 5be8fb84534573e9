#include "bench/report/compare.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

namespace bench {
namespace {

constexpr std::array all_changes{change::faster, change::slower, change::unchanged,
                                 change::unsure, change::added,  change::gone};

const row* find(const std::vector<row>& rows, const row& wanted) {
    const std::string title = wanted.title();
    for (const row& one : rows) {
        if (one.subject == wanted.subject && one.title() == title) return &one;
    }
    return nullptr;
}

bool measured_now(const std::vector<row>& now, const std::string& title) {
    return std::any_of(now.begin(), now.end(),
                       [&](const row& one) { return one.measured() && one.title() == title; });
}

/// From the rounds; from the two intervals where a report has no rounds.
spread factor_of(const spread& before, std::span<const double> rounds_before, const spread& after,
                 std::span<const double> rounds_after) {
    if (!rounds_before.empty() && !rounds_after.empty())
        return change_of(rounds_before, rounds_after);
    return {after.median / before.median, after.low / before.high, after.high / before.low,
            before.sure && after.sure};
}

change judged(const spread& factor) noexcept {
    if (!factor.sure) return change::unsure;
    if (factor.low <= 1 && factor.high >= 1) return change::unchanged;
    if (std::abs(factor.median - 1) < least_change) return change::unchanged;
    return factor.median < 1 ? change::faster : change::slower;
}

changed_row changed(const row& before, const row& after) {
    changed_row made{.title = after.title(), .subject = after.subject, .basis = {}};
    const bool by_ratio = before.ratio && after.ratio && before.reference == after.reference;
    if (by_ratio) {
        made.basis = "x " + after.reference;
        made.before = before.ratio->median;
        made.after = after.ratio->median;
        made.factor = factor_of(*before.ratio, before.ratios, *after.ratio, after.ratios);
    } else {
        made.basis = after.unit;
        made.before = before.per_item.median;
        made.after = after.per_item.median;
        made.factor = factor_of(before.per_item, before.rounds, after.per_item, after.rounds);
    }
    made.what = judged(made.factor);
    made.is_reference = after.subject == after.reference;
    return made;
}

void compare_environments(comparison& found, const environment& before, const environment& after) {
    for (const auto& [name, value] : after.facts) {
        if (name == "measured") continue;  // When: it always differs.
        for (const auto& [old_name, old_value] : before.facts) {
            if (name == old_name && value != old_value)
                found.environment.push_back(name + ": " + old_value + " -> " + value);
        }
    }
}

std::string percent(double factor) {
    char text[40];
    std::snprintf(text, sizeof text, "%+.1f", (factor - 1) * 100);
    return text;
}

std::string text_of(const changed_row& one) {
    char start[200];
    std::snprintf(start, sizeof start, "  %-10s %-30s %-13s ",
                  std::string(name_of(one.what)).c_str(), one.title.c_str(), one.subject.c_str());
    return start + change_text(one) + "\n";
}

}  // namespace

std::string_view name_of(change what) noexcept {
    switch (what) {
        case change::unchanged:
            return "unchanged";
        case change::faster:
            return "faster";
        case change::slower:
            return "slower";
        case change::unsure:
            return "too few";
        case change::added:
            return "new";
        case change::gone:
            return "gone";
    }
    return "";
}

std::size_t comparison::count(change what) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(), [what](const changed_row& one) { return one.what == what; }));
}

bool comparison::worse() const noexcept {
    return std::any_of(rows.begin(), rows.end(), [](const changed_row& one) {
        return one.what == change::gone || (one.what == change::slower && !one.is_reference);
    });
}

std::string comparison::sums() const {
    std::string text;
    for (const change what : all_changes) {
        if (count(what) == 0) continue;
        text += text.empty() ? "" : ", ";
        text.append(std::to_string(count(what))).append(" ").append(name_of(what));
    }
    if (text.empty()) text = "nothing to compare";
    if (not_measured != 0) text += "; " + std::to_string(not_measured) + " not measured this time";
    return text;
}

std::string comparison::text() const {
    std::string text;
    for (const std::string& differs : environment) text += "  other " + differs + "\n";
    for (const changed_row& one : rows) text += text_of(one);
    return text + sums() + "\n";
}

std::string change_text(const changed_row& one) {
    if (one.basis.empty()) return "";
    const std::string values = short_number(one.before) + " -> " + short_number(one.after);
    return one.basis + " " + values + ": " + percent(one.factor.median) + " % (" +
           percent(one.factor.low) + " .. " + percent(one.factor.high) + ")";
}

comparison compare(const recording& before, const recording& after) {
    comparison found;
    compare_environments(found, before.where, after.where);
    for (const row& now : after.rows) {
        if (!now.measured()) continue;
        const row* then = find(before.rows, now);
        if (then && then->measured())
            found.rows.push_back(changed(*then, now));
        else
            found.rows.push_back(
                {.title = now.title(), .subject = now.subject, .what = change::added, .basis = {}});
    }
    for (const row& then : before.rows) {
        if (!then.measured()) continue;
        const row* now = find(after.rows, then);
        if (now && now->measured()) continue;
        if (!measured_now(after.rows, then.title()) && !(now && now->failed))
            ++found.not_measured;
        else
            found.rows.push_back({.title = then.title(),
                                  .subject = then.subject,
                                  .what = change::gone,
                                  .basis = {}});
    }
    return found;
}

}  // namespace bench
