#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// The machine and the build, as far as they decide what the figures mean.
struct environment {
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::string> warnings;  ///< What makes the figures here less than they could be.
    int processors = 0;                 ///< That this process may use.

    static environment look();
};

/// Returns: the first line of a file without its end; empty when it cannot be read.
std::string first_line_of(const char* path);

}  // namespace bench
