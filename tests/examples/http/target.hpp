#pragma once

#include <string>
#include <string_view>

namespace http {

/// Reads the target of a request: `/path?query`, or with a scheme and an authority in front of it.
/// Returns: false for what is none, and for bytes that no path may hold.
/// Source: RFC 9112, 3.2; RFC 3986, 2.1.
bool read_target(std::string_view target, std::string& path);

}  // namespace http
