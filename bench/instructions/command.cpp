#include "bench/instructions/command.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/build.hpp"
#include "bench/echo/child.hpp"
#include "bench/instructions/count.hpp"
#include "bench/pattern.hpp"
#include "bench/report/plain.hpp"
#include "bench/report/row.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr int no_valgrind = 77;
constexpr int other_build = 2;
constexpr int beyond_margin = 3;

// Multiples of every parameter below, so that no subject rounds them.
constexpr std::uint64_t fewer_items = 1024;
constexpr std::uint64_t more_items = fewer_items + 10'240;

/// What runs on one thread, so that nothing but the program decides what is counted.
struct mechanism {
    std::string_view workload;
    std::string_view parameter;  ///< Empty: it has none.
    long value = 0;
    bool asks_kernel = false;
};

constexpr std::array mechanisms{
    mechanism{"nop", "depth", 1, true},
    mechanism{"nop", "depth", 64, true},
    mechanism{"race", "", 0, true},
    mechanism{"yield", "coroutines", 64},
    mechanism{"await", ""},
    mechanism{"spawn", "children", 64},
    mechanism{"timer", "pending", 1024},
    mechanism{"mailbox", "burst", 64},
    mechanism{"provider", "burst", 1},
    mechanism{"provider", "burst", 64},
    mechanism{"channel", "capacity", 1},
    mechanism{"channel", "capacity", 64},
    mechanism{"mutex", ""},
};

std::string this_program() {
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0) throw std::runtime_error("/proc/self/exe cannot be read");
    return {path, static_cast<std::size_t>(length)};
}

/// `exact` under callgrind, on its way.
class counting {
  public:
    counting(const std::string& valgrind, const mechanism& what, std::string_view subject,
             std::uint64_t items)
        : process_(valgrind, words(what, subject, items), -1) {}

    double result() {
        const std::string said = process_.output(300s);
        const std::optional<double> count = collected_in(said);
        if (!count) throw std::runtime_error("callgrind counted nothing; it said:\n" + said);
        return *count;
    }

  private:
    static std::vector<std::string> words(const mechanism& what, std::string_view subject,
                                          std::uint64_t items) {
        std::vector<std::string> all{"--tool=callgrind",
                                     "--callgrind-out-file=/dev/null",
                                     "--log-fd=1",
                                     this_program(),
                                     "exact",
                                     std::string(what.workload),
                                     std::string(subject),
                                     std::to_string(items)};
        if (!what.parameter.empty())
            all.push_back(std::string(what.parameter) + "=" + std::to_string(what.value));
        return all;
    }

    child process_;
};

std::string title_of(const mechanism& what) {
    std::string title(what.workload);
    if (!what.parameter.empty())
        title.append(" ").append(what.parameter).append("=") += std::to_string(what.value);
    return title;
}

instruction_count count(const std::string& valgrind, const mechanism& what,
                        std::string_view subject) {
    // Both at once: they do not disturb what is counted.
    counting fewer(valgrind, what, subject, fewer_items);
    counting more(valgrind, what, subject, more_items);
    const double least = fewer.result();
    return {title_of(what), std::string(subject),
            per_item(least, more.result(), static_cast<double>(more_items - fewer_items)),
            what.asks_kernel};
}

/// Rivals may be programs of their own, of which nothing would be counted here.
bool runs_here(const subject& who) { return who.name.starts_with("raw") || is_ours(who.name); }

instruction_table count_all(const std::vector<workload>& all, const options& asked,
                            const std::string& valgrind) {
    utsname system{};
    uname(&system);
    instruction_table table;
    table.build = {{"compiler", compiler},
                   {"machine", system.machine},
                   {"build_type", LARIAT_BENCH_BUILD_TYPE},
                   {"compiler_flags", LARIAT_BENCH_FLAGS},
                   {"liburing", LARIAT_BENCH_LIBURING}};
    for (const mechanism& what : mechanisms) {
        if (!asked.names.empty() && !matches_any(asked.names, what.workload)) continue;
        for (const workload& one : all) {
            if (one.name != what.workload) continue;
            for (const subject& who : one.subjects) {
                if (!runs_here(who)) continue;
                if (asked.how.subjects.empty() || matches_any(asked.how.subjects, who.name))
                    table.counts.push_back(count(valgrind, what, who.name));
            }
        }
    }
    if (table.counts.empty()) throw usage_error("no mechanism of that name is counted");
    return table;
}

bool is_asked_for(const options& asked, const instruction_count& one) {
    const std::string workload = one.title.substr(0, one.title.find(' '));
    return (asked.names.empty() || matches_any(asked.names, workload)) &&
           (asked.how.subjects.empty() || matches_any(asked.how.subjects, one.subject));
}

/// Returns: the exit status.
int compare_with(const instruction_table& baseline, const instruction_table& now,
                 const options& asked) {
    const std::vector<compared_count> compared = compare(baseline, now);
    std::fputs(table_text(now, &compared).c_str(), stdout);
    std::size_t more = 0;
    std::size_t fewer = 0;
    for (const compared_count& one : compared) {
        more += one.verdict == count_verdict::more;
        fewer += one.verdict == count_verdict::fewer;
    }
    std::size_t missing = 0;
    for (const instruction_count& one : not_counted(baseline, now)) {
        if (!is_asked_for(asked, one)) continue;
        std::printf("  %s %s: in the baseline, and not counted\n", printable(one.title).c_str(),
                    printable(one.subject).c_str());
        ++missing;
    }
    if (more + fewer + missing == 0) {
        std::printf("all within %.0f %% of %s\n", instruction_margin * 100, asked.baseline.c_str());
        return 0;
    }
    std::printf(
        "%zu more and %zu fewer than %s by over %.0f %%, %zu not counted; if that is meant, write "
        "it anew with --write-baseline\n",
        more, fewer, asked.baseline.c_str(), instruction_margin * 100, missing);
    return beyond_margin;
}

}  // namespace

int count_instructions(const std::vector<workload>& all, const options& asked) {
    const std::string valgrind = path_of("valgrind");
    if (valgrind.empty()) {
        std::fputs("lariat-bench: valgrind is not installed (Debian: valgrind)\n", stderr);
        return no_valgrind;
    }
    std::optional<instruction_table> baseline;
    if (!asked.baseline.empty()) baseline = instructions_from_json(read_file(asked.baseline));

    std::optional<output_file> written;
    if (!asked.new_baseline.empty()) written.emplace(asked.new_baseline);

    const instruction_table now = count_all(all, asked, valgrind);
    if (written) written->write(to_json(now));
    if (!baseline) {
        std::fputs(table_text(now, nullptr).c_str(), stdout);
        return 0;
    }
    if (const std::string differs = build_difference(*baseline, now); !differs.empty()) {
        std::fputs(table_text(now, nullptr).c_str(), stdout);
        std::fprintf(stderr, "lariat-bench: %s is of another build: %s; counts do not compare\n",
                     asked.baseline.c_str(), differs.c_str());
        return other_build;
    }
    return compare_with(*baseline, now, asked);
}

}  // namespace bench
