#include "bench/report/compare.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>

#include "bench/report/plain.hpp"

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

/// What is compared of one row.
struct side {
    const spread& all;
    std::span<const double> rounds;
};

/// From the rounds; from the two intervals where a report has no rounds.
spread factor_of(const side& before, const side& after, double level) {
    if (!before.rounds.empty() && !after.rounds.empty())
        return change_of(before.rounds, after.rounds, level);
    return {after.all.median / before.all.median, after.all.low / before.all.high,
            after.all.high / before.all.low, before.all.sure && after.all.sure};
}

bool by_ratio(const row& before, const row& after) {
    return before.ratio && after.ratio && before.reference == after.reference;
}

spread factor_of(const row& before, const row& after, double level = usual_level) {
    if (by_ratio(before, after))
        return factor_of({*before.ratio, before.ratios}, {*after.ratio, after.ratios}, level);
    return factor_of({before.per_item, before.rounds}, {after.per_item, after.rounds}, level);
}

change judged(const spread& factor) noexcept {
    const bool compares = std::isfinite(factor.median) && std::isfinite(factor.low) &&
                          std::isfinite(factor.high) && factor.median > 0;
    if (!factor.sure || !compares) return change::unsure;
    if (factor.low <= 1 && factor.high >= 1) return change::unchanged;
    if (std::abs(factor.median - 1) < least_change) return change::unchanged;
    return factor.median < 1 ? change::faster : change::slower;
}

changed_row changed(const row& before, const row& after) {
    changed_row made{.title = after.title(), .subject = after.subject, .basis = {}};
    if (by_ratio(before, after)) {
        made.basis = "x " + after.reference;
        made.before = before.ratio->median;
        made.after = after.ratio->median;
    } else {
        made.basis = after.unit;
        made.before = before.per_item.median;
        made.after = after.per_item.median;
    }
    made.factor = factor_of(before, after);
    made.what = judged(made.factor);
    return made;
}

/// Old reports name no unit.
bool same_unit(const row& before, const row& after) {
    return before.unit == after.unit || before.unit.empty() || after.unit.empty();
}

bool decides(const row& one) { return is_ours(one.subject) && one.subject != one.reference; }

/// Tells which of the slower ones are so at a level that all share that could be (Bonferroni).
void find_certain(std::vector<changed_row>& rows, const recording& before, const recording& after) {
    std::size_t sharing = 0;
    for (const changed_row& one : rows)
        sharing += one.decides && one.what != change::added && one.what != change::gone;
    const double level = usual_level / static_cast<double>(std::max<std::size_t>(sharing, 1));
    for (changed_row& one : rows) {
        if (!one.decides || one.what != change::slower) continue;
        for (const row& now : after.rows) {
            if (now.subject != one.subject || now.title() != one.title) continue;
            if (const row* then = find(before.rows, now))
                one.certain = judged(factor_of(*then, now, level)) == change::slower;
        }
    }
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

/// How wide the columns are that hold names.
struct columns {
    std::size_t title = 30;
    std::size_t subject = 13;
};

columns columns_of(const std::vector<changed_row>& rows) {
    columns wide;
    for (const changed_row& one : rows) {
        wide.title = std::max(wide.title, one.title.size());
        wide.subject = std::max(wide.subject, one.subject.size());
    }
    return wide;
}

std::string text_of(const changed_row& one, const columns& wide) {
    return "  " + padded(name_of(one.what), 10) + " " + padded(one.title, wide.title) + " " +
           padded(one.subject, wide.subject) + " " + printable(change_text(one)) + "\n";
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
            return "unsure";
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
        return one.decides && (one.what == change::gone || one.certain);
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
    std::size_t ours = 0;
    std::size_t certain = 0;
    for (const changed_row& one : rows) {
        ours += one.decides && one.what == change::slower;
        certain += one.certain;
    }
    if (ours != 0)
        text += "; of ours " + std::to_string(ours) + " slower, " + std::to_string(certain) +
                " with certainty among so many rows";
    return text;
}

std::string comparison::text() const {
    std::string text;
    for (const std::string& differs : environment) text += "  other " + printable(differs) + "\n";
    const columns wide = columns_of(rows);
    for (const changed_row& one : rows) text += text_of(one, wide);
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
        if (then && then->measured() && same_unit(*then, now))
            found.rows.push_back(changed(*then, now));
        else
            found.rows.push_back(
                {.title = now.title(), .subject = now.subject, .what = change::added, .basis = {}});
        found.rows.back().decides = decides(now);
    }
    for (const row& then : before.rows) {
        if (!then.measured()) continue;
        const row* now = find(after.rows, then);
        if (now && now->measured()) continue;
        // What is not there was not asked for, and what is skipped cannot run here.
        if (!now || !now->failed)
            ++found.not_measured;
        else
            found.rows.push_back({.title = then.title(),
                                  .subject = then.subject,
                                  .what = change::gone,
                                  .basis = {},
                                  .decides = decides(then)});
    }
    find_certain(found.rows, before, after);
    return found;
}

}  // namespace bench
