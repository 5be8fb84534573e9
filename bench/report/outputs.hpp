#pragma once

#include <string>

#include "bench/report/compare.hpp"
#include "bench/report/recording.hpp"

namespace bench {

/// Files to write; an empty name: not asked for.
struct outputs {
    std::string json;
    std::string csv;
    std::string page;
};

/// Errors: throws `std::runtime_error`, with the path; so do the others below.
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

/// Errors: throws `std::runtime_error` for a file that cannot be read, or holds no report.
recording read_recording(const std::string& path);

/// `since`: what changed since an older run; null: nothing is said of one.
/// Errors: throws `std::runtime_error` for a file that cannot be written.
void write_files(const recording& all, const comparison* since, const outputs& asked);

}  // namespace bench
