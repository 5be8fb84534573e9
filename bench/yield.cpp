#include "runtime/yield.hpp"

#include <bit>
#include <vector>

#include "bench/crowd.hpp"
#include "bench/raw/ready_ring.hpp"
#include "bench/raw/task.hpp"
#include "bench/rivals/program.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

raw::task yielding(raw::ready_ring& ready, std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) co_await ready.yield();
    co_return 0;
}

void run_yielding(raw::ready_ring& ready, std::uint64_t coroutines, std::uint64_t each) {
    std::vector<raw::task> tasks;
    tasks.reserve(coroutines);
    for (std::uint64_t i = 0; i < coroutines; ++i) {
        tasks.push_back(yielding(ready, each));
        tasks.back().resume();
    }
    ready.run();
}

void raw_yield(const job& work, meter& figures) {
    const auto coroutines = static_cast<std::uint64_t>(work.with["coroutines"]);
    raw::ready_ring ready(std::bit_ceil(coroutines));
    run_yielding(ready, coroutines, work.warmup / coroutines + 1);

    const std::uint64_t each = work.items / coroutines + 1;
    figures.start();
    run_yielding(ready, coroutines, each);
    figures.stop(each * coroutines);
}

lariat::task<> yields(std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) co_await lariat::yield();
}

void lariat_yield(const job& work, meter& figures) {
    const auto coroutines = static_cast<std::uint64_t>(work.with["coroutines"]);
    lariat::scheduler loop;
    loop.run(crowd(coroutines, yields, work.warmup / coroutines + 1));

    const std::uint64_t each = work.items / coroutines + 1;
    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(crowd(coroutines, yields, each));
    figures.stop(each * coroutines);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

void asio_yield(const job& work, meter& figures) {
    run_asio("yield", static_cast<std::uint64_t>(work.with["coroutines"]), work, figures);
}

}  // namespace

workload yield_workload() {
    return {
        .name = "yield",
        .what = "coroutines that let the others run",
        .parameters = {{.name = "coroutines", .values = {1, 64}, .what = "that take turns"}},
        .items = 10'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a ring of coroutine handles, resumed in order", raw_yield},
                     {"lariat", "co_await yield() on a scheduler", lariat_yield},
                     {"asio", "Boost.Asio: co_await post()", asio_yield}},
    };
}

}  // namespace bench
