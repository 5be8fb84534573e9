#include "runtime/mutex.hpp"

#include <mutex>

#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

void lock_raw(std::uint64_t times) {
    std::mutex lock;
    for (std::uint64_t i = 0; i < times; ++i) {
        const std::lock_guard held(lock);
        // What is guarded.
        asm volatile("" ::: "memory");
    }
}

void raw_mutex(const job& work, meter& figures) {
    lock_raw(work.warmup);
    figures.start();
    lock_raw(work.items);
    figures.stop(work.items);
}

lariat::task<> locks(std::uint64_t times) {
    lariat::mutex lock;
    for (std::uint64_t i = 0; i < times; ++i) {
        const auto held = co_await lock.lock();
        asm volatile("" ::: "memory");
    }
}

void lariat_mutex(const job& work, meter& figures) {
    lariat::scheduler loop;
    loop.run(locks(work.warmup));

    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(locks(work.items));
    figures.stop(work.items);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

}  // namespace

workload mutex_workload() {
    return {
        .name = "mutex",
        .what = "lock and unlock of a mutex that nobody else wants",
        .parameters = {},
        .items = 20'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "std::mutex", raw_mutex},
                     {"lariat", "co_await lock(), for coroutines of one thread", lariat_mutex}},
    };
}

}  // namespace bench
