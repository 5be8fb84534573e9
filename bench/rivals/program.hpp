#pragma once

#include <string>
#include <string_view>

namespace bench {

/// Returns: where a rival's program is, which is built beside this one where its library was there.
/// Errors: throws `unavailable`, with the Debian package that has the library.
std::string rival_program(std::string_view program, std::string_view package);

/// Becomes that program, with its CPU, its process and two descriptors.
/// Errors: throws when the system refuses.
[[noreturn]] void become_rival(const std::string& path, int listener, int board);

}  // namespace bench
