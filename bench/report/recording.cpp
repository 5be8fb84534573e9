#include "bench/report/recording.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "bench/json.hpp"
#include "bench/report/json_value.hpp"

namespace bench {
namespace {

constexpr std::string_view ratio_prefix = "ratio_to_";

std::string json_of(const environment& where) {
    json_object out;
    for (const auto& [name, value] : where.facts) {
        if (name == "cores")
            out.integer(name, where.processors);
        else
            out.text(name, value);
    }
    std::vector<std::string> warnings;
    for (const std::string& each : where.warnings) warnings.push_back(json_text(each));
    out.raw("warnings", json_line(warnings));
    return out.str();
}

std::string json_of(const std::vector<double>& values) {
    std::vector<std::string> texts;
    for (const double each : values) texts.push_back(json_number(each));
    return json_line(texts);
}

std::string json_of(const std::vector<std::pair<std::string, spread>>& spreads) {
    json_object out;
    for (const auto& [name, each] : spreads)
        out.raw(name, json_line({json_number(each.low), json_number(each.high)}));
    return out.str();
}

std::string json_of(const row& one) {
    json_object with;
    for (const auto& [name, value] : one.parameters) with.integer(name, value);
    json_object out;
    out.text("workload", one.workload)
        .raw("parameters", with.str())
        .text("subject", one.subject)
        .text("unit", one.unit)
        .text("about", one.about)
        .text("what", one.what)
        .text("reference", one.reference);
    if (!one.measured())
        return out.text("missing", one.missing).boolean("failed", one.failed).str();
    out.number("median", one.per_item.median)
        .number("low", one.per_item.low)
        .number("high", one.per_item.high)
        .boolean("sure", one.per_item.sure);
    const auto optional = [&out](std::string_view name, const std::optional<double>& value) {
        if (value) out.number(name, *value);
    };
    optional("cpu_ns_per_item", one.cpu);
    optional("user_ns_per_item", one.user);
    optional("system_ns_per_item", one.system);
    optional("allocations_per_item", one.allocations);
    optional("syscalls_per_item", one.system_calls);
    for (const auto& [name, value] : one.notes) out.number(name, value);
    if (!one.note_spreads.empty()) out.raw("note_intervals", json_of(one.note_spreads));
    const std::string ratio_name = std::string(ratio_prefix) + one.reference;
    if (one.ratio) {
        out.number(ratio_name, one.ratio->median)
            .number("ratio_low", one.ratio->low)
            .number("ratio_high", one.ratio->high)
            .text("verdict", verdict_of(*one.ratio));
    } else if (one.subject == one.reference) {
        out.number(ratio_name, 1);
    }
    if (!one.failure.empty()) out.boolean("failed", one.failed).text("failure", one.failure);
    out.raw("rounds", json_of(one.rounds));
    if (one.ratio) out.raw("ratios", json_of(one.ratios));
    return out.str();
}

/// What is counted, as it was written.
long integer_of(double value) {
    if (!(std::abs(value) < 1e15)) throw bad_json("a number that is too large");
    return std::lround(value);
}

environment read_environment(const json_value& from) {
    environment where;
    if (!from.members()) throw bad_json("the environment is no object");
    for (const auto& [name, value] : *from.members()) {
        if (value.text()) where.facts.emplace_back(name, *value.text());
        if (name == "cores" && value.number()) {
            where.processors = static_cast<int>(std::clamp(integer_of(*value.number()), 0L, 9999L));
            where.facts.emplace_back(name, std::to_string(where.processors));
        }
        if (name != "warnings" || !value.elements()) continue;
        for (const json_value& each : *value.elements()) {
            if (each.text()) where.warnings.push_back(*each.text());
        }
    }
    return where;
}

/// Returns: whether the name is one of those below, and its value is taken.
bool take_number(row& one, const std::string& name, double value) {
    if (name == "cpu_ns_per_item") {
        one.cpu = value;
    } else if (name == "user_ns_per_item") {
        one.user = value;
    } else if (name == "system_ns_per_item") {
        one.system = value;
    } else if (name == "allocations_per_item") {
        one.allocations = value;
    } else if (name == "syscalls_per_item") {
        one.system_calls = value;
    } else if (name == "median") {
        one.per_item.median = value;
    } else if (name == "low") {
        one.per_item.low = value;
    } else if (name == "high") {
        one.per_item.high = value;
    } else {
        return false;
    }
    return true;
}

/// What is drawn and compared relies on that.
void put_in_order(spread& read) {
    read.low = std::min(read.low, read.median);
    read.high = std::max(read.high, read.median);
}

/// Returns: one for each round: all take some time, and stand beside those of the reference.
std::vector<double> times_of(const json_value& from, std::string_view name) {
    std::vector<double> read = from.numbers_of(name);
    if (std::any_of(read.begin(), read.end(), [](double each) { return !(each > 0); }))
        throw bad_json("not above 0, among the " + std::string(name));
    return read;
}

/// Of notes that were read before.
void read_note_spreads(row& one, const json_value& from) {
    for (const auto& [name, value] : one.notes) {
        const std::vector<double> ends = from.numbers_of(name);
        if (ends.size() != 2) continue;
        spread read{value, ends[0], ends[1], one.per_item.sure};
        put_in_order(read);
        one.note_spreads.emplace_back(name, read);
    }
}

void read_figures(row& one, const json_value& from) {
    spread ratio;
    bool compared = false;
    for (const auto& [name, value] : *from.members()) {
        if (!value.number() || take_number(one, name, *value.number())) continue;
        if (name.starts_with(ratio_prefix)) {
            one.reference = name.substr(ratio_prefix.size());
            ratio.median = *value.number();
        } else if (name == "ratio_low") {
            ratio.low = *value.number();
            compared = true;
        } else if (name == "ratio_high") {
            ratio.high = *value.number();
        } else {
            one.notes.emplace_back(name, *value.number());
        }
    }
    one.rounds = times_of(from, "rounds");
    one.ratios = times_of(from, "ratios");
    put_in_order(one.per_item);
    put_in_order(ratio);
    one.failure = from.text_of("failure");
    const json_value* sure = from.find("sure");
    one.per_item.sure = sure && sure->boolean() && *sure->boolean();
    ratio.sure = !from.text_of("verdict").empty() && from.text_of("verdict") != "too few rounds";
    if (compared) one.ratio = ratio;
    if (const json_value* ends = from.find("note_intervals")) read_note_spreads(one, *ends);
}

row read_row(const json_value& from) {
    row one;
    one.workload = from.text_of("workload");
    one.subject = from.text_of("subject");
    if (one.workload.empty() || one.subject.empty())
        throw bad_json("a result has no workload or no subject");
    one.unit = from.text_of("unit");
    one.about = from.text_of("about");
    one.what = from.text_of("what");
    one.reference = from.text_of("reference");
    if (const json_value* with = from.find("parameters"); with && with->members()) {
        for (const auto& [name, value] : *with->members()) {
            if (value.number()) one.parameters.emplace_back(name, integer_of(*value.number()));
        }
    }
    one.missing = from.text_of("missing");
    const json_value* failed = from.find("failed");
    one.failed = failed && failed->boolean() && *failed->boolean();
    if (one.measured()) read_figures(one, from);
    return one;
}

}  // namespace

std::string to_json(const recording& all) {
    std::vector<std::string> results;
    for (const row& one : all.rows) results.push_back(json_of(one));
    return "{\"environment\": " + json_of(all.where) + ",\n\"results\": " + json_array(results) +
           "}\n";
}

recording from_json(std::string_view text) {
    const json_value read = read_json(text);
    const json_value* where = read.find("environment");
    const json_value* results = read.find("results");
    if (!where || !results || !results->elements())
        throw bad_json("JSON, but not a report of lariat-bench");
    recording all{read_environment(*where), {}};
    for (const json_value& each : *results->elements()) all.rows.push_back(read_row(each));
    return all;
}

}  // namespace bench
