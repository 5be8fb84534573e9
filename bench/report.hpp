#pragma once

#include <vector>

#include "bench/report/row.hpp"

namespace bench {

void print_environment(const environment& where);
void print_heading(int rounds);

/// A line for each row, and under it what else it measured.
void print_group(const row_group& group);

/// The workloads with parameters, defaults and subjects.
void print_list(const std::vector<workload>& all);

}  // namespace bench
