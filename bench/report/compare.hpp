#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report/recording.hpp"

namespace bench {

/// What became of a row since an older run.
enum class change {
    unchanged,  ///< Within noise, or by less than `least_change`.
    faster,
    slower,
    unsure,  ///< Too few rounds in one of the runs, or figures that do not compare.
    added,   ///< Has figures now, and had none, was not there or was of another unit.
    gone,    ///< Had figures, and failed now.
};

std::string_view name_of(change what) noexcept;

/// Two builds of the same source differ by that much: where code lies in memory is chance.
constexpr double least_change = 0.02;

struct changed_row {
    std::string title;
    std::string subject;
    change what = change::unchanged;
    /// What was compared: "x raw" if both runs have that ratio, for it leaves out how fast the
    /// machine was; else the unit. Empty for rows that only one of the runs has.
    std::string basis;
    double before = 0;
    double after = 0;
    spread factor = {};  ///< After by before.
    /// A way to do the work with Lariat, and not the one that others are compared with: another one
    /// that changed says something of the machine, or of a rival.
    bool decides = false;
    /// Slower, however many rows are looked at. Of 100 that did not change, up to 5 have an
    /// interval that leaves out 1; all together are to be wrong in 5 of 100 runs at the most.
    bool certain = false;
};

struct comparison {
    std::vector<changed_row> rows;
    std::vector<std::string> environment;  ///< Facts that differ, one sentence each.
    /// Rows of the older run that were not asked for now, or cannot run here.
    std::size_t not_measured = 0;

    std::size_t count(change what) const noexcept;

    /// Whether one that decides is gone, or certainly slower.
    bool worse() const noexcept;

    /// Returns: `2 faster, 40 unchanged; 3 not measured this time`, and what slower rows decide.
    std::string sums() const;

    /// Returns: one line for each row, and the sums.
    std::string text() const;
};

/// Returns: `x raw 1.50 -> 1.60: +6.7 % (+6.0 .. +7.2)`; empty for a row of one run only.
std::string change_text(const changed_row& one);

comparison compare(const recording& before, const recording& after);

}  // namespace bench
