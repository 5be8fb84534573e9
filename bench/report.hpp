#pragma once

#include <vector>

#include "bench/environment.hpp"
#include "bench/runner.hpp"

namespace bench {

void print_environment(const environment& where);
void print_heading(const plan& how);

/// One row for each subject, and under it what else it measured.
void print_outcome(const outcome& one);

/// The workloads with parameters, defaults and subjects.
void print_list(const std::vector<workload>& all);

}  // namespace bench
