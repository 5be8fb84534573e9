#pragma once

#include <cstdint>
#include <string>

#include "bench/serving.hpp"

namespace bench {

/// Errors: throws `unavailable` when redis-server is not installed.
served serve_redis(int processor);

/// What redis-benchmark is asked to do.
struct redis_load {
    std::string port;
    std::string test;  ///< One of its names: ping_mbulk, set, get.
    std::uint64_t connections;
    std::uint64_t pipeline;
    std::uint64_t requests;
    int processor;
};

/// Errors: throws `unavailable` when redis-benchmark is not installed.
client_report run_redis_benchmark(const redis_load& plan);

}  // namespace bench
