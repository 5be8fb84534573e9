#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/build.hpp"
#include "bench/echo/commands.hpp"
#include "bench/environment.hpp"
#include "bench/instructions/command.hpp"
#include "bench/interrupt.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "bench/report/compare.hpp"
#include "bench/report/outputs.hpp"
#include "bench/report/page.hpp"
#include "bench/report/plain.hpp"
#include "bench/report/progress.hpp"
#include "bench/runner.hpp"
#include "bench/serving.hpp"
#include "bench/sp/command.hpp"
#include "bench/tls/ends.hpp"
#include "bench/workloads.hpp"
#include "runtime/available.hpp"
#include "runtime/capabilities.hpp"

namespace bench {
namespace {

/// How meson is told that a test cannot run here.
constexpr int skipped_test = 77;

constexpr int something_failed = 1;
constexpr int got_worse = 3;
constexpr int was_interrupted = 130;

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

/// Compares and writes what was measured, or read.
/// Returns: the exit status that this alone would have.
int conclude(const options& asked, const recording& all, const std::optional<recording>& older,
             output_files& files) {
    std::optional<comparison> since;
    if (older) {
        since = compare(*older, all);
        print("\ncompared with " + printable(asked.compare_with) + "\n" + since->text());
    }
    files.write(all, since ? &*since : nullptr);
    return since && since->worse() ? got_worse : 0;
}

void print_recording(const recording& all) {
    std::size_t rounds = 0;
    for (const row& one : all.rows) rounds = std::max(rounds, one.rounds.size());
    const std::size_t names = column_of(all.rows);
    print(environment_text(all.where) + heading_text(static_cast<int>(rounds), names));
    for (const row_group& group : grouped(all.rows)) print(group_text(group, names));
    print("\n" + standing_text(standing_of(all.rows)));
}

std::string title_of(const selection& next) {
    std::string title(next.chosen->name);
    if (!next.with.all().empty()) title += ' ' + next.with.text();
    return title;
}

/// Returns: what was done until the end or Ctrl-C.
recording measure_selected(const options& asked, const std::vector<selection>& selected) {
    recording all{environment::look(), {}};
    std::vector<const workload*> workloads;
    for (const selection& one : selected) workloads.push_back(one.chosen);
    const std::size_t names = column_of(workloads);
    print(environment_text(all.where));
    if (asked.how.smoke)
        std::printf("%-19s %s\n", "smoke", "small runs: the figures show only that it works");
    print(heading_text(asked.how.rounds, names));

    watch_for_interrupt();
    std::size_t done = 0;
    bool failed = false;
    progress_line line;
    for (const selection& next : selected) {
        if (ending()) break;
        const std::string title = title_of(next);
        const observer show = [&](const turn_of_round& now) {
            line.show({done, selected.size(), now.round, asked.how.rounds, now.turn, now.turns,
                       title, now.who.name, ending()});
        };
        const std::vector<row> rows = rows_of(measure(*next.chosen, next.with, asked.how, show));
        line.clear();
        for (const row_group& group : grouped(rows)) print(group_text(group, names));
        ++done;
        for (const row& one : rows) failed |= one.failed;
        all.rows.insert(all.rows.end(), rows.begin(), rows.end());
    }
    if (!asked.how.smoke) print("\n" + standing_text(standing_of(all.rows)));
    if (ending()) std::printf("ended early: what is above was done before\n");
    std::printf("%zu of %zu measured%s\n", done, selected.size(),
                failed ? "; some failed, see above" : "");
    return all;
}

/// Returns: the exit status.
int measure_all(const options& asked, const std::vector<selection>& selected) {
    // Before anything runs: a file that cannot be read or written should not cost what is measured.
    std::optional<recording> older;
    if (!asked.compare_with.empty()) older = read_recording(asked.compare_with);
    if (!asked.from.empty()) {
        const recording all = read_recording(asked.from);
        output_files files(asked.files);
        print_recording(all);
        return conclude(asked, all, older, files);
    }
    if (!worth_timing && !asked.how.smoke) {
        std::fprintf(stderr,
                     "lariat-bench: this is a %s build, its times would mean nothing; "
                     "build with buildtype=release, or try --smoke\n",
                     built_with_sanitizer ? "sanitizer" : "debug");
        return 2;
    }
    if (const lariat::availability uring = lariat::available(); !uring) {
        std::fprintf(stderr, "lariat-bench: %s\n", uring.reason.c_str());
        return asked.how.smoke ? skipped_test : something_failed;
    }
    output_files files(asked.files);
    const recording all = measure_selected(asked, selected);
    const int worse = conclude(asked, all, older, files);
    if (ending()) return was_interrupted;
    const bool failed =
        std::any_of(all.rows.begin(), all.rows.end(), [](const row& one) { return one.failed; });
    return failed ? something_failed : worse;
}

/// `exact WORKLOAD SUBJECT ITEMS [parameter=value...]`
int run_exact(const std::vector<std::string>& words) {
    if (words.size() < 3) throw usage_error("exact: WORKLOAD SUBJECT ITEMS [parameter=value...]");
    const std::vector<workload> all = all_workloads();
    options asked = read_options({words.begin() + 3, words.end()});
    asked.names = {words[0]};
    asked.how.subjects = {words[1]};
    const selection first = select(all, asked).at(0);
    for (const subject& who : first.chosen->subjects) {
        if (who.name == words[1])
            run_exactly(*first.chosen, who, first.with, std::stoull(words[2]));
    }
    return 0;
}

/// What this program runs itself again for.
constexpr struct {
    std::string_view name;
    int (*run)(const std::vector<std::string>& words);
} commands[] = {
    {"serve", serve_command},           {"load", load_command}, {"serve_resp", serve_resp_command},
    {"serve_http", serve_http_command}, {"sp", sp_command},     {"exact", run_exact},
    {"tls-send", tls_send_command},
};

int run(const std::vector<std::string>& words) {
    for (const auto& command : commands) {
        if (!words.empty() && words[0] == command.name)
            return command.run({words.begin() + 1, words.end()});
    }

    const options asked = read_options(words);
    const std::vector<workload> all = all_workloads();
    if (asked.help) {
        std::fputs(usage_text, stdout);
        return 0;
    }
    if (asked.capabilities) {
        std::cout << lariat::capabilities();
        return 0;
    }
    if (asked.instructions) return count_instructions(all, asked);
    const std::vector<selection> selected = select(all, asked);
    if (asked.list) {
        print(list_text(all));
        return 0;
    }
    return measure_all(asked, selected);
}

}  // namespace
}  // namespace bench

int main(int count, char** words) {
    try {
        return bench::run({words + 1, words + count});
    } catch (const bench::usage_error& why) {
        std::fprintf(stderr, "lariat-bench: %s\n", bench::printable(why.what()).c_str());
        return 2;
    } catch (const std::exception& why) {
        std::fprintf(stderr, "lariat-bench: %s\n", bench::printable(why.what()).c_str());
        return 1;
    }
}
