#include "bench/report/recording.hpp"

#include <algorithm>

#include "bench/json.hpp"

namespace bench {
namespace {

std::string field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string number(const std::optional<double>& value) { return value ? json_number(*value) : ""; }

/// Returns: the names of all further figures, each once.
std::vector<std::string> names_of_notes(const std::vector<row>& rows) {
    std::vector<std::string> names;
    for (const row& one : rows) {
        for (const auto& note : one.notes) {
            if (std::find(names.begin(), names.end(), note.first) == names.end())
                names.push_back(note.first);
        }
    }
    return names;
}

std::optional<double> note_of(const row& one, const std::string& name) {
    for (const auto& [known, value] : one.notes) {
        if (known == name) return value;
    }
    return std::nullopt;
}

std::vector<std::string> fields_of(const row& one) {
    std::string with;
    for (const auto& [name, value] : one.parameters)
        with.append(with.empty() ? "" : " ").append(name).append("=") += std::to_string(value);
    std::vector<std::string> fields{one.workload, with, one.subject, one.unit};
    const std::optional<spread> time = one.measured() ? std::optional(one.per_item) : std::nullopt;
    for (const std::optional<spread>& each : {time, one.ratio}) {
        const bool known = each.has_value();
        fields.push_back(known ? json_number(each->median) : "");
        fields.push_back(known ? json_number(each->low) : "");
        fields.push_back(known ? json_number(each->high) : "");
    }
    fields.push_back(one.reference);
    fields.emplace_back(one.ratio ? verdict_of(*one.ratio) : "");
    fields.push_back(std::to_string(one.rounds.size()));
    for (const auto& each : {one.cpu, one.user, one.system, one.allocations, one.system_calls})
        fields.push_back(number(each));
    fields.push_back(one.missing);
    return fields;
}

void add_line(std::string& out, const std::vector<std::string>& fields) {
    std::string line;
    for (const std::string& each : fields) {
        if (&each != &fields.front()) line += ',';
        line += field(each);
    }
    out += line + '\n';
}

}  // namespace

std::string to_csv(const recording& all) {
    const std::vector<std::string> notes = names_of_notes(all.rows);
    std::vector<std::string> names{
        "workload", "parameters", "subject",     "unit",         "median",  "low",    "high",
        "ratio",    "ratio_low",  "ratio_high",  "reference",    "verdict", "rounds", "cpu_ns",
        "user_ns",  "system_ns",  "allocations", "system_calls", "missing"};
    names.insert(names.end(), notes.begin(), notes.end());
    for (const auto& fact : all.where.facts) names.push_back("environment_" + fact.first);
    std::string out;
    add_line(out, names);
    for (const row& one : all.rows) {
        std::vector<std::string> fields = fields_of(one);
        for (const std::string& name : notes) fields.push_back(number(note_of(one, name)));
        for (const auto& fact : all.where.facts) fields.push_back(fact.second);
        add_line(out, fields);
    }
    return out;
}

}  // namespace bench
