#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

/// LARIAT_STRESS is per cent of the full size: 100 without it, 10 under sanitizers, 1 in the
/// smoke run that belongs to the default tests.
inline std::uint64_t rounds(std::uint64_t full) {
    const char* percent = std::getenv("LARIAT_STRESS");
    if (percent == nullptr) return full;
    return std::max<std::uint64_t>(1, full * std::stoull(percent) / 100);
}
