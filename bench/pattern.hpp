#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Whether `text` is what a shell pattern (`*`, `?`, `[...]`) describes. A pattern without any of
/// these also describes what begins with it and a dot: `echo` is `echo.tcp` and `echo.unix`.
bool matches(const std::string& pattern, std::string_view text);

bool matches_any(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace bench
