#pragma once

#include <string>
#include <string_view>

namespace bench {

/// Returns: the first number with a point in it, such as `1.22.1` of `nginx/1.22.1`; "unknown"
/// where there is none.
std::string version_in(std::string_view said);

/// Asks a program, with an option that makes it tell its version and end.
/// Returns: "none" where it is not installed.
std::string version_of_program(std::string_view program, const std::string& option);

}  // namespace bench
