#pragma once

#include <cstddef>
#include <string>
#include <vector>

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

/// A group in which another one is faster than our best, beyond noise.
struct behind {
    std::string title;
    std::string subject;
    std::string fastest;
    spread factor;  ///< Ours by the fastest other, round by round.
};

/// How our best subjects compare with the best of all others.
struct standing {
    std::vector<behind> slower;
    std::size_t judged = 0;   ///< Groups in which both have rounds enough; `slower` are among them.
    std::size_t too_few = 0;  ///< Groups in which one of them has not.
    std::size_t alone = 0;    ///< Groups in which only ours was measured, or only others were.
};

standing standing_of(const std::vector<row>& rows);

/// Returns: `4, of 45 groups that could be judged; 2 had too few rounds, 5 nothing to compare
/// with`.
std::string judged_text(const standing& ours);

/// Returns: where Lariat does not lead, a line each, for a terminal.
std::string standing_text(const standing& ours);

}  // namespace bench
