#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/report/row.hpp"

namespace bench {

// What is put on a terminal, in whole lines.

std::string environment_text(const environment& where);

/// Returns: how wide the names of subjects are at the most.
std::size_t column_of(const std::vector<row>& rows);
std::size_t column_of(const std::vector<const workload*>& all);

/// `names`: that.
std::string heading_text(int rounds, std::size_t names);

/// Returns: a line for each row, and under it what else it measured.
std::string group_text(const row_group& group, std::size_t names);

/// Returns: the workloads with parameters, defaults and subjects.
std::string list_text(const std::vector<workload>& all);

}  // namespace bench
