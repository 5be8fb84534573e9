#include "aio/op/nop.hpp"

#include <vector>

#include "bench/crowd.hpp"
#include "bench/raw/nop_chains.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

void raw_nop(const job& work, meter& figures) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    raw::ring ring(static_cast<unsigned>(depth));
    std::vector<raw::nop_chain> chains(depth);
    if (work.warmup) raw::run_nop_chains(ring, chains, work.warmup / depth + 1);

    const std::uint64_t each = work.items / depth + 1;
    const std::uint64_t enters = ring.enters();
    figures.start();
    raw::run_nop_chains(ring, chains, each);
    figures.stop(each * depth);
    figures.system_calls(ring.enters() - enters);
}

lariat::task<> nops(std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) (co_await lariat::nop{}).value();
}

void lariat_nop(const job& work, meter& figures) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    lariat::scheduler loop;
    if (work.warmup) loop.run(crowd(depth, nops, work.warmup / depth + 1));

    const std::uint64_t each = work.items / depth + 1;
    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(crowd(depth, nops, each));
    figures.stop(each * depth);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

}  // namespace

workload nop_workload() {
    return {
        .name = "nop",
        .what = "operations that do nothing: what the way to the kernel and back costs",
        .parameters = {{.name = "depth",
                        .values = {1, 64},
                        .what = "chains, each submitting again when its completion comes",
                        .most = 4096}},
        .items = 300'000,
        .smoke_items = 2'000,
        .subjects = {{"raw", "liburing, one enter per batch of completions", raw_nop},
                     {"lariat", "co_await nop{} in a loop, one task per chain", lariat_nop}},
    };
}

}  // namespace bench
