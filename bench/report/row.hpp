#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/environment.hpp"
#include "bench/runner.hpp"

namespace bench {

/// What one subject came to, as reports have it: measured just now, or read from a file again.
struct row {
    std::string workload;
    std::string about;  ///< What the workload does.
    std::string unit;
    std::vector<std::pair<std::string, long>> parameters;
    std::string subject;
    std::string what;       ///< What the subject is.
    std::string reference;  ///< The subject that the others are compared with.

    std::string missing;  ///< Why there are no figures; empty when there are.
    bool failed = false;
    std::string failure;  ///< Where some rounds were measured before: which one failed, and why.

    spread per_item = {};
    std::vector<double> rounds;
    std::optional<double> cpu;  ///< Nanoseconds per item; so are the two parts of it.
    std::optional<double> user;
    std::optional<double> system;
    std::optional<double> allocations;
    std::optional<double> system_calls;
    std::vector<std::pair<std::string, double>> notes;
    std::vector<std::pair<std::string, spread>> note_spreads;  ///< Of those that have one.
    std::optional<spread> ratio;                               ///< To the reference.
    std::vector<double> ratios;

    bool measured() const noexcept { return missing.empty(); }

    /// Returns: `nop depth=64`, which the subjects that are compared have in common.
    std::string title() const;
};

/// One run, complete or interrupted.
struct recording {
    environment where;
    std::vector<row> rows;
};

std::vector<row> rows_of(const outcome& measured);

/// Whether a subject is a way to do the work with Lariat.
bool is_ours(std::string_view subject) noexcept;

/// One for each workload and choice of parameters.
struct row_group {
    std::string title;
    std::vector<const row*> rows;
};

/// Returns: in the order of the rows.
/// Lifetime: they point into `rows`.
std::vector<row_group> grouped(const std::vector<row>& rows);

/// Returns: enough digits to tell rounds apart, no more.
std::string short_number(double value);

}  // namespace bench
