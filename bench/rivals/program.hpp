#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/harness.hpp"

namespace bench {

/// Returns: where a rival's program is, which is built beside this one where its library was there.
/// Errors: throws `unavailable`, with the Debian package that has the library.
std::string rival_program(std::string_view program, std::string_view package);

/// Becomes that program, with its CPU, its process and two descriptors.
/// Errors: throws when the system refuses.
[[noreturn]] void become_rival(const std::string& path, int listener, int board);

/// Lets Boost.Asio do the items of a mechanism, so many at a time, in a process of its own.
/// Errors: throws `unavailable` when its program was not built.
void run_asio(std::string_view mechanism, std::uint64_t count, const job& work, meter& figures);

/// The same with libuv.
void run_libuv(std::string_view mechanism, std::uint64_t count, const job& work, meter& figures);

}  // namespace bench
