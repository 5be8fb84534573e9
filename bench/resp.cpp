#include "bench/echo/socket.hpp"
#include "bench/network.hpp"
#include "bench/rivals/redis.hpp"
#include "bench/serving.hpp"
#include "bench/workloads.hpp"

namespace bench {
namespace {

/// Server and client are processes of their own, each on its CPU; this one only waits.
void run_resp(const job& work, meter& figures, const char* test) {
    const own_network apart;
    const two_processors where = processors_for_two();
    const served server = work.subject == "redis"
                              ? serve_redis(where.server)
                              : serve_example("serve_resp", {std::to_string(where.server)});
    redis_load plan{.port = server.port,
                    .test = "set",
                    .connections = static_cast<std::uint64_t>(work.with["connections"]),
                    .pipeline = static_cast<std::uint64_t>(work.with["pipeline"]),
                    .requests = 1,
                    .processor = where.load};
    run_redis_benchmark(plan);  // what GET will find
    plan.test = test;
    plan.requests = work.warmup + 1;
    run_redis_benchmark(plan);
    plan.requests = work.items;
    measure_client(server, figures, [&] { return run_redis_benchmark(plan); });
}

void run_ping(const job& work, meter& figures) { run_resp(work, figures, "ping_mbulk"); }
void run_get(const job& work, meter& figures) { run_resp(work, figures, "get"); }

workload resp_workload(std::string_view name, std::string_view what,
                       void (*run)(const job&, meter&)) {
    return {
        .name = name,
        .what = what,
        .parameters =
            {{.name = "connections", .values = {50}, .what = "of redis-benchmark", .most = 10'000},
             {.name = "pipeline",
              .values = {16},
              .what = "requests on their way per connection",
              .most = 1000}},
        .items = 400'000,
        .smoke_items = 5'000,
        .subjects = {{"redis", "redis-server, if it is installed", run},
                     {"lariat", "the example server, on one thread as well", run}},
        .unit = "ns/request",
        .reference = "redis",
    };
}

}  // namespace

workload resp_ping_workload() {
    return resp_workload("resp.ping",
                         "a key-value server under redis-benchmark: PING, over TCP on the loopback "
                         "device, which for root is one that does not pace",
                         run_ping);
}

workload resp_get_workload() {
    return resp_workload("resp.get", "the same: GET of one key", run_get);
}

}  // namespace bench
