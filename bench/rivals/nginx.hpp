#pragma once

#include <string>

#include "bench/serving.hpp"

namespace bench {

/// Serves the files in a folder, which it writes its own into, with one process.
/// Errors: throws `unavailable` when nginx is not installed.
served serve_nginx(const std::string& folder, int processor);

}  // namespace bench
