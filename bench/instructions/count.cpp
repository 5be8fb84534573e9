#include "bench/instructions/count.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include "bench/json.hpp"
#include "bench/report/json_value.hpp"

namespace bench {
namespace {

const instruction_count* find(const instruction_table& in, const std::string& title,
                              std::string_view subject) {
    for (const instruction_count& one : in.counts) {
        if (one.title == title && one.subject == subject) return &one;
    }
    return nullptr;
}

count_verdict judged(double before, double now) {
    if (now > before * (1 + instruction_margin)) return count_verdict::more;
    return now < before * (1 - instruction_margin) ? count_verdict::fewer : count_verdict::same;
}

std::string verdict_text(const compared_count& one) {
    char text[80];
    if (one.verdict == count_verdict::unknown)
        return one.now.asks_kernel ? "  depends on the kernel" : "  not in the baseline";
    const double change = (one.now.per_item / one.before - 1) * 100;
    std::snprintf(text, sizeof text, " %10.1f %+7.2f %%", one.before, change);
    if (one.verdict == count_verdict::same) return text;
    return std::string(text) + (one.verdict == count_verdict::more ? "  MORE" : "  FEWER");
}

}  // namespace

std::optional<double> collected_in(std::string_view said) {
    constexpr std::string_view mark = "Collected : ";
    const std::size_t at = said.rfind(mark);
    if (at == said.npos) return std::nullopt;
    double count = 0;
    const char* const begin = said.data() + at + mark.size();
    const auto [end, error] = std::from_chars(begin, said.data() + said.size(), count);
    if (error != std::errc() || end == begin) return std::nullopt;
    return count;
}

double per_item(double fewer, double more, double items) { return (more - fewer) / items; }

std::string to_json(const instruction_table& all) {
    json_object build;
    for (const auto& [name, value] : all.build) build.text(name, value);
    std::vector<std::string> counts;
    for (const instruction_count& one : all.counts) {
        if (one.asks_kernel) continue;
        counts.push_back(json_object()
                             .text("workload", one.title)
                             .text("subject", one.subject)
                             .number("instructions", one.per_item)
                             .str());
    }
    return "{\"build\": " + build.str() + ",\n\"counts\": " + json_array(counts) + "}\n";
}

instruction_table instructions_from_json(std::string_view text) {
    const json_value read = read_json(text);
    const json_value* build = read.find("build");
    const json_value* counts = read.find("counts");
    if (!build || !build->members() || !counts || !counts->elements())
        throw bad_json("JSON, but no instruction counts of lariat-bench");
    instruction_table all;
    for (const auto& [name, value] : *build->members()) {
        if (value.text()) all.build.emplace_back(name, *value.text());
    }
    for (const json_value& each : *counts->elements()) {
        const json_value* count = each.find("instructions");
        if (!count || !count->number()) throw bad_json("a count is missing");
        all.counts.push_back({.title = each.text_of("workload"),
                              .subject = each.text_of("subject"),
                              .per_item = *count->number()});
    }
    return all;
}

std::string build_difference(const instruction_table& baseline, const instruction_table& now) {
    std::string differs;
    for (const auto& [name, value] : baseline.build) {
        std::string current = "unknown";
        for (const auto& [known, here] : now.build) {
            if (known == name) current = here;
        }
        if (current == value) continue;
        differs += differs.empty() ? "" : "; ";
        differs += name + " was \"" + value + "\" and is \"" + current + "\"";
    }
    return differs;
}

std::vector<compared_count> compare(const instruction_table& baseline,
                                    const instruction_table& now) {
    std::vector<compared_count> all;
    for (const instruction_count& one : now.counts) {
        const instruction_count* before =
            one.asks_kernel ? nullptr : find(baseline, one.title, one.subject);
        if (before)
            all.push_back({one, before->per_item, judged(before->per_item, one.per_item)});
        else
            all.push_back({.now = one});
    }
    return all;
}

std::vector<instruction_count> not_counted(const instruction_table& baseline,
                                           const instruction_table& now) {
    std::vector<instruction_count> missing = baseline.counts;
    std::erase_if(missing, [&](const instruction_count& one) {
        return find(now, one.title, one.subject) != nullptr;
    });
    return missing;
}

std::string table_text(const instruction_table& now, const std::vector<compared_count>* compared) {
    char line[200];
    std::snprintf(line, sizeof line, "  %-26s %-12s %12s %7s%s\n", "instructions per item",
                  "subject", "counted", "x raw", compared ? "   baseline    change" : "");
    std::string text = line;
    for (std::size_t i = 0; i < now.counts.size(); ++i) {
        const instruction_count& one = now.counts[i];
        const instruction_count* raw = find(now, one.title, "raw");
        std::string ratio;
        if (raw && raw != &one) {
            char number[40];
            std::snprintf(number, sizeof number, "%.2f", one.per_item / raw->per_item);
            ratio = number;
        }
        std::snprintf(line, sizeof line, "  %-26s %-12s %12.1f %7s", one.title.c_str(),
                      one.subject.c_str(), one.per_item, ratio.c_str());
        text += line;
        if (compared) text += verdict_text(compared->at(i));
        text += '\n';
    }
    return text;
}

}  // namespace bench
