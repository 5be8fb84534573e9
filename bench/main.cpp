#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/build.hpp"
#include "bench/echo/commands.hpp"
#include "bench/environment.hpp"
#include "bench/interrupt.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
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

bool write_file(const std::string& path, const std::string& text) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (!file) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    return std::fclose(file) == 0 && written;
}

/// Returns: the exit status.
int measure_all(const options& asked, const std::vector<selection>& selected) {
    if (!worth_timing && !asked.how.smoke) {
        std::fprintf(stderr,
                     "lariat-bench: this is a %s build, its times would mean nothing; "
                     "build with buildtype=release, or try --smoke\n",
                     built_with_sanitizer ? "sanitizer" : "debug");
        return 2;
    }
    if (const lariat::availability uring = lariat::available(); !uring) {
        std::fprintf(stderr, "lariat-bench: %s\n", uring.reason.c_str());
        return asked.how.smoke ? skipped_test : 1;
    }
    const environment where = environment::look();
    print_environment(where);
    if (asked.how.smoke)
        std::printf("%-19s %s\n", "smoke", "small runs: the figures show only that it works");
    print_heading(asked.how);

    watch_for_interrupt();
    std::vector<outcome> done;
    bool failed = false;
    for (const selection& next : selected) {
        if (interrupted()) break;
        done.push_back(measure(*next.chosen, next.with, asked.how));
        print_outcome(done.back());
        for (const figures& sum : done.back().subjects) failed |= sum.failed;
    }
    if (interrupted()) std::printf("interrupted: what is above was done before\n");
    std::printf("%zu of %zu measured%s\n", done.size(), selected.size(),
                failed ? "; some failed, see above" : "");
    if (!asked.json_file.empty() && !write_file(asked.json_file, to_json(where, done))) {
        std::fprintf(stderr, "lariat-bench: cannot write %s\n", asked.json_file.c_str());
        return 1;
    }
    return interrupted() ? 130 : failed ? 1 : 0;
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
    const std::vector<selection> selected = select(all, asked);
    if (asked.list) {
        print_list(all);
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
        std::fprintf(stderr, "lariat-bench: %s\n", why.what());
        return 2;
    } catch (const std::exception& why) {
        std::fprintf(stderr, "lariat-bench: %s\n", why.what());
        return 1;
    }
}
