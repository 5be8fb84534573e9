#include "bench/report/page.hpp"

#include <algorithm>

#include "bench/report/plain.hpp"

namespace bench {
namespace {

const row* fastest(const row_group& group, bool ours) {
    const row* best = nullptr;
    for (const row* one : group.rows) {
        if (!one->measured() || is_ours(one->subject) != ours) continue;
        if (!best || one->per_item.median < best->per_item.median) best = one;
    }
    return best;
}

std::string plural(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

standing standing_of(const std::vector<row>& rows) {
    standing found;
    for (const row_group& group : grouped(rows)) {
        const row* ours = fastest(group, true);
        const row* other = fastest(group, false);
        if (!ours || !other) {
            ++found.alone;
            continue;
        }
        const spread factor = spread_of(ratios_of(ours->rounds, other->rounds));
        if (!factor.sure) {
            ++found.too_few;
            continue;
        }
        ++found.judged;
        if (verdict_of(factor) == "slower")
            found.slower.push_back({group.title, ours->subject, other->subject, factor});
    }
    return found;
}

std::string judged_text(const standing& ours) {
    std::string text = "nowhere beyond noise";
    if (ours.judged == 0) text = "not known";
    if (!ours.slower.empty()) text = std::to_string(ours.slower.size());
    text += ", of " + plural(ours.judged, "group") + " that could be judged";
    std::string others;
    if (ours.too_few != 0) others = std::to_string(ours.too_few) + " had too few rounds";
    if (ours.alone != 0)
        others.append(others.empty() ? "" : ", ")
            .append(std::to_string(ours.alone))
            .append(" nothing to compare with");
    return others.empty() ? text : text + "; " + others;
}

std::string standing_text(const standing& ours) {
    std::string text = "where Lariat does not lead: ";
    text += judged_text(ours) + "\n";
    std::size_t names = 0;
    for (const behind& each : ours.slower) names = std::max(names, each.title.size());
    for (const behind& each : ours.slower)
        text += "  " + padded(each.title, names) + " " + printable(each.subject) + " takes " +
                short_number(each.factor.median) + " (" + short_number(each.factor.low) + " .. " +
                short_number(each.factor.high) + ") times what " + printable(each.fastest) +
                " does\n";
    return text;
}

}  // namespace bench
