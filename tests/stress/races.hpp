#pragma once

#include <dirent.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iostream>
#include <random>
#include <string>
#include <utility>

#include <doctest/doctest.h>

/// A seed that is printed, so that a failure can be run again: LARIAT_SEED sets it.
inline std::mt19937_64 seeded(const char* test) {
    const char* given = std::getenv("LARIAT_SEED");
    const std::uint64_t seed = given ? std::stoull(given) : std::random_device()();
    std::cout << test << ": seed " << seed << '\n';
    return std::mt19937_64(seed);
}

/// A race of which one outcome never happens tests nothing: each must be one of a thousand at
/// least. Shares depend on the machine; where there are few in all, one may be missing by chance.
inline void check_outcomes(const char* test,
                           std::initializer_list<std::pair<const char*, std::uint64_t>> outcomes) {
    std::uint64_t all = 0;
    for (const auto& [name, count] : outcomes) all += count;
    std::cout << test << ':';
    for (const auto& [name, count] : outcomes) std::cout << ' ' << name << ' ' << count;
    std::cout << std::endl;
    constexpr std::uint64_t enough = 10'000;
    if (all < enough) return;
    for (const auto& [name, count] : outcomes) {
        CAPTURE(std::string(name));
        CHECK(count * 1000 >= all);
    }
}

/// How many descriptors this process has open.
inline std::size_t open_descriptors() {
    std::size_t count = 0;
    DIR* const all = ::opendir("/proc/self/fd");
    while (::readdir(all)) ++count;
    ::closedir(all);
    return count - 3;  // The directory itself, and its names for here and above.
}
