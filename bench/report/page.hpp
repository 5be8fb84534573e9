#pragma once

#include <string>

#include "bench/report/chart.hpp"
#include "bench/report/compare.hpp"
#include "bench/report/recording.hpp"

namespace bench {

/// One page that needs nothing else: style and drawings are in it, no script. It is legible on
/// paper. `since` adds what changed since an older run; null: nothing to compare with.
std::string to_html(const recording& all, const comparison* since);

/// How subjects of one workload behave as a parameter grows.
/// Returns: a plot for each parameter that was measured at three values or more, while the others
/// stayed what they were.
std::vector<plot> scaling_of(const std::vector<row>& rows);

/// Returns: p50, p99, p99.9 and the maximum of the subjects of a group, as far as they noted them;
/// without lines when none did.
plot latency_of(const row_group& group);

/// What else was measured of one group: where ours is not the fastest, or not certainly.
struct behind {
    std::string title;
    std::string subject;
    std::string fastest;
    spread factor;  ///< Ours by the fastest other, round by round.
};

/// Returns: for each of our best subjects in a group that some other one beats beyond noise.
std::vector<behind> where_we_are_behind(const std::vector<row>& rows);

}  // namespace bench
