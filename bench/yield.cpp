#include "runtime/yield.hpp"

#include <bit>
#include <vector>

#include "bench/crowd.hpp"
#include "bench/raw/ready_ring.hpp"
#include "bench/raw/task.hpp"
#include "bench/rivals/program.hpp"
#include "bench/roll_call.hpp"
#include "bench/workloads.hpp"
#include "runtime/ring.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

/// Measures the turns of coroutines from where the last of them has had its first, to where the
/// last has had all that count. Each takes one more before it ends, so that none ends before.
class measured_turns {
  public:
    measured_turns(std::uint64_t coroutines, std::uint64_t each) noexcept
        : each_(each), coroutines_(coroutines), all_(coroutines) {}

    /// Takes those figures, and the system calls of a ring if there is one.
    void measure_into(meter& figures, const lariat::ring* kernel = nullptr) noexcept {
        figures_ = &figures;
        kernel_ = kernel;
    }

    std::uint64_t each() const noexcept { return each_; }

    void come() noexcept {
        if (!all_.come() || !figures_) return;
        calls_ = kernel_ ? kernel_->system_calls() : 0;
        figures_->start();
    }

    void go() noexcept {
        if (!all_.go() || !figures_) return;
        figures_->stop(each_ * coroutines_);
        if (kernel_) figures_->system_calls(kernel_->system_calls() - calls_);
    }

  private:
    std::uint64_t each_;
    std::uint64_t coroutines_;
    roll_call all_;
    meter* figures_ = nullptr;
    const lariat::ring* kernel_ = nullptr;
    std::uint64_t calls_ = 0;
};

raw::task yielding(raw::ready_ring& ready, measured_turns& turns) {
    turns.come();
    const std::uint64_t times = turns.each();
    for (std::uint64_t i = 0; i < times; ++i) co_await ready.yield();
    turns.go();
    co_await ready.yield();
    co_return 0;
}

void run_yielding(raw::ready_ring& ready, std::uint64_t coroutines, measured_turns& turns) {
    std::vector<raw::task> tasks;
    tasks.reserve(coroutines);
    for (std::uint64_t i = 0; i < coroutines; ++i) {
        tasks.push_back(yielding(ready, turns));
        tasks.back().resume();
    }
    ready.run();
}

void raw_yield(const job& work, meter& figures) {
    const auto coroutines = static_cast<std::uint64_t>(work.with["coroutines"]);
    raw::ready_ring ready(std::bit_ceil(coroutines));
    measured_turns warmup(coroutines, work.warmup / coroutines + 1);
    run_yielding(ready, coroutines, warmup);

    measured_turns turns(coroutines, work.items / coroutines + 1);
    turns.measure_into(figures);
    run_yielding(ready, coroutines, turns);
}

lariat::task<> yields(measured_turns* turns) {
    turns->come();
    const std::uint64_t times = turns->each();
    for (std::uint64_t i = 0; i < times; ++i) co_await lariat::yield();
    turns->go();
    co_await lariat::yield();
}

void lariat_yield(const job& work, meter& figures) {
    const auto coroutines = static_cast<std::uint64_t>(work.with["coroutines"]);
    lariat::scheduler loop;
    measured_turns warmup(coroutines, work.warmup / coroutines + 1);
    loop.run(crowd(coroutines, yields, &warmup));

    measured_turns turns(coroutines, work.items / coroutines + 1);
    turns.measure_into(figures, loop.kernel());
    loop.run(crowd(coroutines, yields, &turns));
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
