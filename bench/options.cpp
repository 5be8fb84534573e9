#include "bench/options.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "bench/pattern.hpp"

namespace bench {

const char* const usage_text =
    "usage: lariat-bench [option...] [workload...] [parameter=value[,value...]...]\n"
    "       lariat-bench serve echo.tcp|echo.unix|echo.tls --listen ADDRESS [option...]\n"
    "       lariat-bench load echo.tcp|echo.unix|echo.tls --connect ADDRESS [option...]\n"
    "       lariat-bench exact WORKLOAD SUBJECT ITEMS [parameter=value...]\n"
    "\n"
    "Measures Lariat against the raw loops beside it. A workload is a name, a group (echo) or a\n"
    "pattern (\"echo.*\"); without one, all run.\n"
    "\n"
    "  --list            the workloads, their parameters and subjects\n"
    "  --smoke           run each in small: shows that it works, not how fast it is\n"
    "  --rounds N        how often each subject runs; 15 unless told, 2 with --smoke\n"
    "  --subject NAME    only subjects of that name or pattern; may be repeated\n"
    "  --json FILE       also write the results as JSON, each round with them\n"
    "  --csv FILE        also write them as CSV, a line for each subject\n"
    "  --report FILE     also write one HTML page with drawings, which needs nothing else\n"
    "  --compare FILE    say what has changed beyond noise since a run whose JSON that is\n"
    "  --from FILE       measure nothing: take the results from JSON of another run\n"
    "  --instructions    count the instructions of the mechanisms instead, under valgrind\n"
    "  --baseline FILE   and compare them with these, which must be within 2 % of them\n"
    "  --write-baseline FILE  and write them\n"
    "  --capabilities    what io_uring can do here, as Lariat sees it\n"
    "  --help            this text\n"
    "\n"
    "ns is the median of the rounds, in the unit that --list names, user+system the CPU time in\n"
    "the program and in the kernel, of the measuring thread or the server; allocs and calls are\n"
    "heap allocations and system calls per item (of io_uring, io_uring_enter); x raw is the\n"
    "median of the ratios, round by round. What stands below is the median of the rounds, too;\n"
    "what is named max, their largest. bench/README.md says more.\n"
    "\n"
    "  lariat-bench nop depth=1,8,64\n"
    "  lariat-bench echo.tcp connections=32 --rounds 5 --json echo.json\n"
    "\n"
    "serve and load are the two sides of echo, for two machines; without anything behind them,\n"
    "both tell what they take. exact runs just that, once, for valgrind --tool=callgrind to say\n"
    "where instructions go.\n"
    "\n"
    "Ends with 0; 1 when something failed, 2 for a command line that cannot be obeyed, 3 when\n"
    "--compare found one of Lariat's slower, with certainty among so many rows, or failed, or a\n"
    "count is not that of its baseline, 77 when --smoke or --instructions cannot run here, 130\n"
    "after Ctrl-C. The first one ends the round, the second one all at once; what was done is\n"
    "written after both.\n";

namespace {

long number(const std::string& text, const std::string& what) {
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw usage_error(what + ": not a number: \"" + text + "\"");
    return value;
}

std::vector<long> numbers(const std::string& text, const std::string& what) {
    std::vector<long> values;
    for (std::size_t begin = 0;;) {
        const std::size_t comma = text.find(',', begin);
        values.push_back(number(text.substr(begin, comma - begin), what));
        if (comma == std::string::npos) return values;
        begin = comma + 1;
    }
}

void add_choices(std::vector<parameters>& choices, std::string_view name,
                 const std::vector<long>& values) {
    std::vector<parameters> more;
    for (const parameters& choice : choices) {
        for (const long value : values) {
            more.push_back(choice);
            more.back().set(name, value);
        }
    }
    choices = std::move(more);
}

bool declares(const workload& one, const std::string& name) {
    return std::any_of(one.parameters.begin(), one.parameters.end(),
                       [&](const parameter& known) { return known.name == name; });
}

void check_names(const std::vector<workload>& all, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
        const bool known = std::any_of(all.begin(), all.end(), [&](const workload& one) {
            return matches(pattern, one.name);
        });
        if (known) continue;
        std::string message = "no workload \"" + pattern + "\"; there are:";
        for (const workload& one : all) message += ' ' + std::string(one.name);
        throw usage_error(message);
    }
}

void check_subjects(const std::vector<const workload*>& chosen,
                    const std::vector<std::string>& patterns) {
    std::set<std::string> known;
    for (const workload* one : chosen) {
        for (const subject& who : one->subjects) known.emplace(who.name);
    }
    for (const std::string& pattern : patterns) {
        if (std::any_of(known.begin(), known.end(),
                        [&](const std::string& name) { return matches(pattern, name); }))
            continue;
        std::string message = "no subject \"" + pattern + "\" in these workloads; there are:";
        for (const std::string& name : known) message += ' ' + name;
        throw usage_error(message);
    }
}

void check_range(const std::vector<const workload*>& chosen, const std::string& name, long value) {
    for (const workload* one : chosen) {
        for (const parameter& known : one->parameters) {
            if (known.name != name || (value >= known.least && value <= known.most)) continue;
            throw usage_error(std::string(one->name) + ": " + name + " goes from " +
                              std::to_string(known.least) + " to " + std::to_string(known.most));
        }
    }
}

void check_parameters(const std::vector<const workload*>& chosen, const options& asked) {
    for (const auto& [name, values] : asked.values) {
        const std::string& wanted = name;
        for (const long value : values) check_range(chosen, name, value);
        if (std::any_of(chosen.begin(), chosen.end(),
                        [&](const workload* one) { return declares(*one, wanted); }))
            continue;
        std::string message = "no parameter \"" + name + "\" in these workloads; there are:";
        for (const workload* one : chosen) {
            for (const parameter& known : one->parameters)
                message += ' ' + std::string(one->name) + '.' + std::string(known.name);
        }
        throw usage_error(message);
    }
}

/// What would be ignored was not meant.
void check_together(const options& asked, bool rounds_given) {
    const bool selects = !asked.names.empty() || !asked.values.empty() ||
                         !asked.how.subjects.empty() || rounds_given || asked.how.smoke;
    if (!asked.from.empty() && (selects || asked.instructions))
        throw usage_error("--from measures nothing: only --json, --csv, --report and --compare");
    const std::string files = asked.files.json + asked.files.csv + asked.files.page;
    if (asked.instructions && (!(files + asked.compare_with).empty() || asked.how.smoke ||
                               rounds_given || !asked.values.empty()))
        throw usage_error(
            "--instructions: only workloads, --subject, --baseline and --write-baseline");
    if (!asked.instructions && !(asked.baseline + asked.new_baseline).empty())
        throw usage_error("--baseline and --write-baseline go with --instructions");
}

}  // namespace

options read_options(const std::vector<std::string>& arguments) {
    options asked;
    bool rounds_given = false;
    const auto read_switch = [&asked](const std::string& word) {
        if (word == "--help" || word == "-h") return asked.help = true;
        if (word == "--capabilities") return asked.capabilities = true;
        if (word == "--list") return asked.list = true;
        if (word == "--smoke") return asked.how.smoke = true;
        if (word == "--instructions") return asked.instructions = true;
        return false;
    };
    const auto file_for = [&asked](const std::string& word) -> std::string* {
        if (word == "--json") return &asked.files.json;
        if (word == "--csv") return &asked.files.csv;
        if (word == "--report") return &asked.files.page;
        if (word == "--compare") return &asked.compare_with;
        if (word == "--baseline") return &asked.baseline;
        if (word == "--write-baseline") return &asked.new_baseline;
        return word == "--from" ? &asked.from : nullptr;
    };
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        const auto value = [&]() -> const std::string& {
            if (i + 1 == arguments.size()) throw usage_error(word + " needs a value");
            return arguments[++i];
        };
        if (read_switch(word)) continue;
        if (std::string* file = file_for(word)) {
            *file = value();
        } else if (word == "--subject") {
            asked.how.subjects.push_back(value());
        } else if (word == "--rounds") {
            asked.how.rounds = static_cast<int>(std::min(number(value(), word), 100000L));
            if (asked.how.rounds < 1) throw usage_error("--rounds: at least 1");
            rounds_given = true;
        } else if (word.starts_with("-")) {
            throw usage_error("no option \"" + word + "\"; --help lists them");
        } else if (const std::size_t equals = word.find('='); equals != std::string::npos) {
            asked.values.emplace_back(word.substr(0, equals),
                                      numbers(word.substr(equals + 1), word));
        } else {
            asked.names.push_back(word);
        }
    }
    check_together(asked, rounds_given);
    if (asked.how.smoke && !rounds_given) asked.how.rounds = 2;
    return asked;
}

std::vector<selection> select(const std::vector<workload>& all, const options& asked) {
    check_names(all, asked.names);
    std::vector<const workload*> chosen;
    for (const workload& one : all) {
        const bool unasked = asked.names.empty() && !(asked.how.smoke && one.optional);
        if (unasked || matches_any(asked.names, one.name)) chosen.push_back(&one);
    }
    check_parameters(chosen, asked);
    check_subjects(chosen, asked.how.subjects);

    std::vector<selection> selected;
    for (const workload* one : chosen) {
        std::vector<parameters> choices(1);
        for (const parameter& known : one->parameters) {
            const bool small = asked.how.smoke && !known.smoke_values.empty();
            const std::vector<long>* values = small ? &known.smoke_values : &known.values;
            for (const auto& [name, given] : asked.values) {
                if (name == known.name) values = &given;
            }
            add_choices(choices, known.name, *values);
        }
        for (parameters& choice : choices) selected.push_back({one, std::move(choice)});
    }
    return selected;
}

}  // namespace bench
