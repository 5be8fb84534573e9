#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "aio/op/nop.hpp"
#include "bench/crowd.hpp"
#include "bench/raw/nop_chains.hpp"
#include "bench/workloads.hpp"
#include "runtime/worker_group.hpp"

namespace bench {
namespace {

/// Operations on their way on each worker.
constexpr std::uint64_t depth = 64;

/// The CPU time of all workers together: more of them than CPUs cost no more, if they leave each
/// other alone. `start` begins the work on all, and `join` waits until all have done theirs.
template <class Start, class Join>
void measure_workers(const job& work, meter& figures, Start start, Join join) {
    using steady = std::chrono::steady_clock;
    const auto workers = static_cast<std::uint64_t>(work.with["workers"]);
    const std::uint64_t each = work.items / workers / depth + 1;
    const spent_cpu before = spent_cpu::of_this_process();
    const auto begun = steady::now();
    start(each);
    join();
    const std::chrono::duration<double> span = steady::now() - begun;
    const std::uint64_t items = each * depth * workers;
    const spent_cpu used = spent_cpu::of_this_process() - before;
    figures.record(items, used.nanoseconds);
    figures.cpu(used);
    figures.note("items_per_second", static_cast<double>(items) / span.count());
}

void raw_workers(const job& work, meter& figures) {
    const auto workers = static_cast<std::size_t>(work.with["workers"]);
    std::vector<std::jthread> threads;
    const auto chains_of = [](std::uint64_t each) {
        raw::ring ring(depth);
        std::vector<raw::nop_chain> chains(depth);
        raw::run_nop_chains(ring, chains, each);
    };
    measure_workers(
        work, figures,
        [&](std::uint64_t each) {
            for (std::size_t i = 0; i < workers; ++i) threads.emplace_back(chains_of, each);
        },
        [&] { threads.clear(); });
}

lariat::task<> nops(std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) (co_await lariat::nop{}).value();
}

lariat::task<> work_of_one(std::uint64_t each, std::atomic<std::size_t>& left) {
    co_await crowd(depth, nops, each);
    if (left.fetch_sub(1) == 1) left.notify_one();
}

void lariat_workers(const job& work, meter& figures) {
    lariat::worker_options options;
    options.workers = static_cast<std::size_t>(work.with["workers"]);
    std::optional<lariat::worker_group> group;
    std::atomic<std::size_t> left{options.workers};
    measure_workers(
        work, figures,
        [&](std::uint64_t each) {
            group.emplace(options);
            for (std::size_t i = 0; i < options.workers; ++i)
                group->spawn_on(i, work_of_one, each, std::ref(left));
        },
        [&] {
            for (std::size_t now = left; now != 0; now = left) left.wait(now);
            group.reset();
        });
}

}  // namespace

workload scale_workers_workload() {
    return {
        .name = "scale.workers",
        .what =
            "the CPU time of operations that do nothing, on more and more threads, each with "
            "64 on their way; threads and rings are made and ended within it",
        .parameters = {{.name = "workers",
                        .values = {1, 2, 4, 8},
                        .what = "threads with a ring each",
                        .most = 256,
                        .smoke_values = {2}}},
        .items = 1'000'000,
        .smoke_items = 5'000,
        .subjects = {{"raw", "a thread and a ring, liburing", raw_workers},
                     {"lariat", "worker_group", lariat_workers}},
        .unit = "CPU ns/item",
    };
}

}  // namespace bench
