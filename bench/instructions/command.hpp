#pragma once

#include <vector>

#include "bench/options.hpp"

namespace bench {

/// Counts the instructions of the mechanisms under callgrind and prints them; compares with a
/// baseline or writes one, as the options say.
/// Returns: the exit status: 0; 1 when something could not be counted, 2 when the baseline is of
/// another build, 3 when a count is beyond the margin of it, 77 without valgrind.
int count_instructions(const std::vector<workload>& all, const options& asked);

}  // namespace bench
