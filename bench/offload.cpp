#include "runtime/offload.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "bench/crowd.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

constexpr std::size_t threads = 4;

/// The pool that everybody writes: a lock, a queue, a condition variable, a future for each call.
class plain_pool {
  public:
    plain_pool() {
        for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
    }
    ~plain_pool() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            ending_ = true;
        }
        changed_.notify_all();
        for (std::thread& each : threads_) each.join();
    }
    plain_pool(const plain_pool&) = delete;
    plain_pool& operator=(const plain_pool&) = delete;

    std::future<long> call(long (*f)(long), long argument) {
        std::packaged_task<long()> job([f, argument] { return f(argument); });
        std::future<long> value = job.get_future();
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            jobs_.push_back(std::move(job));
        }
        changed_.notify_one();
        return value;
    }

  private:
    void work() {
        std::unique_lock<std::mutex> lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            std::packaged_task<long()> job = std::move(jobs_.front());
            jobs_.pop_front();
            lock.unlock();
            job();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::packaged_task<long()>> jobs_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

long one_more(long number) { return number + 1; }

/// So many at once, then the same again, which is as good as a thread can do that waits.
long call_in_batches(plain_pool& pool, std::uint64_t batches, std::uint64_t depth) {
    std::vector<std::future<long>> values;
    values.reserve(depth);
    long sum = 0;
    for (std::uint64_t i = 0; i < batches; ++i) {
        for (std::uint64_t k = 0; k < depth; ++k) values.push_back(pool.call(one_more, 1));
        for (auto& each : values) sum += each.get();
        values.clear();
    }
    return sum;
}

void raw_offload(const job& work, meter& figures) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    plain_pool pool;
    keep(call_in_batches(pool, work.warmup / depth + 1, depth));

    const std::uint64_t batches = work.items / depth + 1;
    figures.start();
    keep(call_in_batches(pool, batches, depth));
    figures.stop(batches * depth);
}

lariat::task<> calls(lariat::thread_pool* pool, std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i)
        keep((co_await lariat::offload(*pool, one_more, 1L)).value());
}

void lariat_offload(const job& work, meter& figures) {
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    lariat::thread_pool pool({.most = threads});
    lariat::scheduler loop;
    loop.run(crowd(depth, calls, &pool, work.warmup / depth + 1));

    const std::uint64_t each = work.items / depth + 1;
    figures.start();
    loop.run(crowd(depth, calls, &pool, each));
    figures.stop(each * depth);
}

}  // namespace

workload offload_workload() {
    return {
        .name = "offload",
        .what = "a call on a thread of a pool of four, and its value back",
        .parameters = {{.name = "depth", .values = {1, 64}, .what = "calls at once"}},
        .items = 100'000,
        .smoke_items = 1'000,
        .subjects = {{"raw", "a lock, a queue, a condition variable, a future", raw_offload},
                     {"lariat", "co_await offload(pool, f) in a loop", lariat_offload}},
        .unit = "ns/call",
    };
}

}  // namespace bench
