#include "bench/pattern.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace bench {

bool matches(const std::string& pattern, std::string_view text) {
    const std::string whole(text);
    if (fnmatch(pattern.c_str(), whole.c_str(), 0) == 0) return true;
    return whole.starts_with(pattern + '.');
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& one) { return matches(one, text); });
}

}  // namespace bench
