#pragma once

#include <chrono>
#include <source_location>

#include "runtime/clock.hpp"

namespace lariat {

/// What a dump says of one pending wait.
struct wait_report {
    const char* name = "wait";          ///< The operation, as its description is called.
    const char* provider = "";          ///< Who will finish it: "kernel", or the provider's name.
    int descriptor = -1;                ///< -1: none.
    time_point deadline = never;        ///< `never`: none.
    std::chrono::milliseconds age{-1};  ///< Negative: not recorded. Resolution: the kernel's tick.
};

}  // namespace lariat
