#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// How many instructions one item of a subject takes in user space.
struct instruction_count {
    std::string title;  ///< The workload with its parameters, `nop depth=64`.
    std::string subject;
    double per_item = 0;
    bool asks_kernel = false;  ///< What the kernel answers decides how many.
};

/// What was counted, and of which build: another one has other counts.
struct instruction_table {
    std::vector<std::pair<std::string, std::string>> build;
    std::vector<instruction_count> counts;
};

/// Returns: what callgrind says it has collected; nothing if it says no such thing.
std::optional<double> collected_in(std::string_view said);

/// What two counts have in common, the start of the program, drops out.
/// Returns: the instructions of one item more.
double per_item(double fewer, double more, double items);

/// Only what is the same on every kernel.
std::string to_json(const instruction_table& all);

/// Errors: throws `bad_json`.
instruction_table instructions_from_json(std::string_view text);

/// Returns: in what the builds differ, so that their counts cannot be compared; empty if they can.
std::string build_difference(const instruction_table& baseline, const instruction_table& now);

/// More or fewer than that has changed: both want to be seen.
constexpr double instruction_margin = 0.02;

enum class count_verdict { same, more, fewer, unknown };

struct compared_count {
    instruction_count now;
    double before = 0;
    count_verdict verdict = count_verdict::unknown;  ///< Unknown: the baseline does not have it.
};

std::vector<compared_count> compare(const instruction_table& baseline,
                                    const instruction_table& now);

/// Returns: what the baseline has and nobody counted now.
std::vector<instruction_count> not_counted(const instruction_table& baseline,
                                           const instruction_table& now);

/// Returns: one line for each subject, with its ratio to `raw` beside it; what the baseline has
/// where there is one.
std::string table_text(const instruction_table& now, const std::vector<compared_count>* compared);

}  // namespace bench
