#include <bit>

#include "bench/raw/frame_pool.hpp"
#include "bench/raw/ready_ring.hpp"
#include "bench/raw/task.hpp"
#include "bench/rivals/program.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"

namespace bench {
namespace {

/// Counts children; whoever awaits it goes on when the last one has ended.
class bare_scope {
  public:
    explicit bare_scope(raw::ready_ring& ready) noexcept : ready_(ready) {}

    void enter() noexcept { ++running_; }
    void leave() noexcept {
        if (--running_ == 0 && awaiter_) ready_.push(awaiter_);
    }

    bool await_ready() const noexcept { return running_ == 0; }
    void await_suspend(std::coroutine_handle<> awaiter) noexcept { awaiter_ = awaiter; }
    void await_resume() noexcept { awaiter_ = nullptr; }

    raw::ready_ring& ready() noexcept { return ready_; }

  private:
    raw::ready_ring& ready_;
    std::uint64_t running_ = 0;
    std::coroutine_handle<> awaiter_;
};

/// A coroutine that nobody holds: it frees itself when it ends.
struct child {
    struct promise_type : raw::pooled {
        bare_scope& scope;

        promise_type(bare_scope& parent, long&) noexcept : scope(parent) {
            scope.enter();
            scope.ready().push(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        child get_return_object() const noexcept { return {}; }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept {
            scope.leave();
            return {};
        }
        void return_void() const noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

[[gnu::noinline]] child counting(bare_scope&, long& sum) {
    ++sum;
    co_return;
}

raw::task spawning(raw::ready_ring& ready, std::uint64_t batches, std::uint64_t children) {
    long sum = 0;
    for (std::uint64_t i = 0; i < batches; ++i) {
        bare_scope scope(ready);
        for (std::uint64_t k = 0; k < children; ++k) counting(scope, sum);
        co_await scope;
    }
    co_return sum;
}

void run_spawning(raw::ready_ring& ready, std::uint64_t batches, std::uint64_t children) {
    raw::task outer = spawning(ready, batches, children);
    outer.resume();
    ready.run();
    keep(outer.value());
}

void raw_spawn(const job& work, meter& figures) {
    const auto children = static_cast<std::uint64_t>(work.with["children"]);
    raw::ready_ring ready(std::bit_ceil(children + 1));
    run_spawning(ready, work.warmup / children + 1, children);

    const std::uint64_t batches = work.items / children + 1;
    figures.start();
    run_spawning(ready, batches, children);
    figures.stop(batches * children);
}

[[gnu::noinline]] lariat::task<> lariat_child(long* sum) {
    ++*sum;
    co_return;
}

lariat::task<long> lariat_spawning(std::uint64_t batches, std::uint64_t children) {
    long sum = 0;
    for (std::uint64_t i = 0; i < batches; ++i) {
        lariat::task_scope scope;
        for (std::uint64_t k = 0; k < children; ++k) scope.spawn(lariat_child(&sum));
        co_await scope.join();
    }
    co_return sum;
}

void lariat_spawn(const job& work, meter& figures) {
    const auto children = static_cast<std::uint64_t>(work.with["children"]);
    lariat::scheduler loop;
    keep(loop.run(lariat_spawning(work.warmup / children + 1, children)));

    const std::uint64_t batches = work.items / children + 1;
    figures.start();
    keep(loop.run(lariat_spawning(batches, children)));
    figures.stop(batches * children);
}

void asio_spawn(const job& work, meter& figures) {
    run_asio("spawn", static_cast<std::uint64_t>(work.with["children"]), work, figures);
}

}  // namespace

workload spawn_workload() {
    return {
        .name = "spawn",
        .what = "children started in a scope, which then waits for all of them",
        .parameters = {{.name = "children", .values = {1, 64}, .what = "per scope"}},
        .items = 5'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a count of self-freeing coroutines, pooled frames", raw_spawn},
                     {"lariat", "task_scope: spawn, then join", lariat_spawn},
                     {"asio",
                      "Boost.Asio: co_spawn in a coroutine, which then waits for all of them",
                      asio_spawn}},
    };
}

}  // namespace bench
