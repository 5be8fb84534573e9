#pragma once

#include <string>
#include <vector>

#include "bench/echo/load.hpp"

namespace bench {

/// `serve WORKLOAD --listen ADDRESS ...`
struct serve_request {
    std::string workload;
    lariat::address where;
    std::string subject = "lariat";
    int processor = -1;  ///< Negative: any.
    int board = -1;      ///< Its descriptor; negative: nobody looks.
};

/// `load WORKLOAD --connect ADDRESS ...`
struct load_request {
    std::string workload;
    load_plan plan;
    int processor = -1;
    int board = -1;
    bool figures = false;  ///< For a program: one line of numbers.
};

extern const char* const serve_usage;
extern const char* const load_usage;

/// Errors: both throw `usage_error`.
serve_request read_serve_request(const std::vector<std::string>& words);
load_request read_load_request(const std::vector<std::string>& words);

/// One line of numbers, which `read_figures` reads back.
std::string figures_of(const load_result& got);

/// Errors: throws when that is no such line.
load_result read_figures(const std::string& line);

/// What a person reads.
std::string report_of(const load_request& asked, const load_result& got);

}  // namespace bench
