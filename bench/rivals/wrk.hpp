#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "bench/serving.hpp"

namespace bench {

struct wrk_load {
    std::string port;
    std::string path;
    std::uint64_t connections;
    std::chrono::seconds span;
    int processor;
};

/// Errors: throws `unavailable` when wrk is not installed; throws for an answer that is no success.
client_report run_wrk(const wrk_load& plan);

}  // namespace bench
