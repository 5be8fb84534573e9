#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/harness.hpp"
#include "bench/report/outputs.hpp"
#include "bench/runner.hpp"

namespace bench {

/// What the command line asks for.
struct options {
    plan how;
    bool list = false;
    bool help = false;
    bool capabilities = false;
    bool instructions = false;
    std::string baseline;      ///< Instruction counts to compare with; empty: with none.
    std::string new_baseline;  ///< Where to write them; empty: nowhere.
    outputs files;
    std::string compare_with;        ///< A report of an older run; empty: with none.
    std::string from;                ///< A report to take instead of measuring; empty: none.
    std::vector<std::string> names;  ///< Patterns; empty: all workloads.
    std::vector<std::pair<std::string, std::vector<long>>> values;
};

/// Thrown for a command line that cannot be obeyed; says what would be possible.
class usage_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

extern const char* const usage_text;

options read_options(const std::vector<std::string>& arguments);

/// One workload with one choice of parameters.
struct selection {
    const workload* chosen;
    parameters with;
};

/// Errors: throws `usage_error` for names and parameters that nothing has.
std::vector<selection> select(const std::vector<workload>& all, const options& asked);

}  // namespace bench
