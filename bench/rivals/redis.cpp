#include "bench/rivals/redis.hpp"

#include <chrono>
#include <cstdio>

namespace bench {

using namespace std::chrono_literals;

served serve_redis(int processor) {
    const std::string path = wanted("redis-server", "redis-server");
    std::string port = free_port();
    auto process = std::make_unique<child>(
        path,
        std::vector<std::string>{"--port", port, "--bind", "127.0.0.1", "--save", "",
                                 "--appendonly", "no", "--loglevel", "warning"},
        processor);
    served server{std::move(process), std::move(port)};
    wait_for_door(server);
    return server;
}

client_report run_redis_benchmark(const redis_load& plan) {
    const std::string path = wanted("redis-benchmark", "redis-tools");
    child client(path,
                 {"-p", plan.port, "-t", plan.test, "-c", std::to_string(plan.connections), "-P",
                  std::to_string(plan.pipeline), "-n", std::to_string(plan.requests), "--csv"},
                 plan.processor);
    const std::string text = client.output(120s);
    // The second line: name, requests per second, and latencies in milliseconds: average, least,
    // median, 95 %, 99 %, most.
    client_report got{.requests = plan.requests};
    const std::size_t line = text.find('\n');
    const int found =
        line == text.npos
            ? 0
            : std::sscanf(text.c_str() + line + 1,
                          "\"%*[^\"]\",\"%lf\",\"%*f\",\"%*f\",\"%lf\",\"%*f\",\"%lf\"",
                          &got.per_second, &got.p50, &got.p99);
    if (found != 3) throw std::runtime_error("redis-benchmark said \"" + text + "\"");
    got.p50 *= 1e6;
    got.p99 *= 1e6;
    return got;
}

}  // namespace bench
