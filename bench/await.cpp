#include "bench/raw/task.hpp"
#include "bench/rivals/program.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/task.hpp"

namespace bench {
namespace {

// Not inlined: a compiler that elides the frame would measure nothing.
[[gnu::noinline]] raw::task empty(long value) { co_return value; }

[[gnu::noinline]] raw::task awaiting(std::uint64_t times) {
    long sum = 0;
    for (std::uint64_t i = 0; i < times; ++i) sum += co_await empty(static_cast<long>(i));
    co_return sum;
}

void run_awaiting(std::uint64_t times) {
    raw::task outer = awaiting(times);
    outer.resume();
    keep(outer.value());
}

void raw_await(const job& work, meter& figures) {
    run_awaiting(work.warmup);

    figures.start();
    run_awaiting(work.items);
    figures.stop(work.items);
}

[[gnu::noinline]] lariat::task<long> lariat_empty(long value) { co_return value; }

[[gnu::noinline]] lariat::task<long> lariat_awaiting(std::uint64_t times) {
    long sum = 0;
    for (std::uint64_t i = 0; i < times; ++i) sum += co_await lariat_empty(static_cast<long>(i));
    co_return sum;
}

void lariat_await(const job& work, meter& figures) {
    lariat::scheduler loop;
    keep(loop.run(lariat_awaiting(work.warmup)));

    figures.start();
    keep(loop.run(lariat_awaiting(work.items)));
    figures.stop(work.items);
}

void asio_await(const job& work, meter& figures) { run_asio("await", 1, work, figures); }

}  // namespace

workload await_workload() {
    return {
        .name = "await",
        .what = "co_await of a task that returns at once: frame, transfer there and back",
        .parameters = {},
        .items = 10'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a bare lazy task, symmetric transfer, pooled frames", raw_await},
                     {"lariat", "task<long> on a scheduler", lariat_await},
                     {"asio", "Boost.Asio: awaitable<long>", asio_await}},
    };
}

}  // namespace bench
