#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/worker_group.hpp"
#include "runtime/yield.hpp"

namespace bench {
namespace {

constexpr std::uint64_t lap = 4096;

/// Something for another thread, which says when the last one of a lap has come.
class parcel final : public lariat::runnable {
  public:
    std::atomic<std::uint64_t>* arrived = nullptr;

    void run() noexcept override {}
    void arrive() noexcept override { arrived->fetch_add(1, std::memory_order_release); }
};

struct lap_of_parcels {
    std::atomic<std::uint64_t> arrived{0};
    std::unique_ptr<parcel[]> all = std::make_unique<parcel[]>(lap);

    lap_of_parcels() {
        for (std::uint64_t i = 0; i < lap; ++i) all[i].arrived = &arrived;
    }
};

/// What a post takes who posts; that all have come is waited for off the clock.
template <class Post>
void measure_posts(const job& work, meter& figures, Post post) {
    using steady = std::chrono::steady_clock;
    lap_of_parcels parcels;
    const std::uint64_t laps = work.items / lap + 1;
    const std::uint64_t warm = work.warmup / lap + 1;
    double nanoseconds = 0;
    for (std::uint64_t current = 1; current <= warm + laps; ++current) {
        const auto start = steady::now();
        for (std::uint64_t i = 0; i < lap; ++i) post(parcels.all[i]);
        if (current > warm)
            nanoseconds += std::chrono::duration<double, std::nano>(steady::now() - start).count();
        while (parcels.arrived.load(std::memory_order_acquire) < current * lap)
            std::this_thread::yield();
    }
    figures.record(laps * lap, nanoseconds);
}

void need_two_processors() {
    if (std::thread::hardware_concurrency() < 2) throw unavailable("needs two CPUs");
}

/// A thread that looks into its inbox again and again, with some work of its own between.
class busy_thread {
  public:
    busy_thread() : thread_([this] { work(); }) {}
    ~busy_thread() {
        ending_ = true;
        thread_.join();
    }
    busy_thread(const busy_thread&) = delete;
    busy_thread& operator=(const busy_thread&) = delete;

    void post(parcel& item) {
        const std::lock_guard<std::mutex> lock(mutex_);
        items_.push_back(&item);
    }

  private:
    void work() {
        std::deque<parcel*> taken;
        while (!ending_.load(std::memory_order_relaxed)) {
            for (int i = 0; i < 256; ++i) keep(i);
            {
                const std::lock_guard<std::mutex> lock(mutex_);
                items_.swap(taken);
            }
            for (parcel* item : taken) item->arrive();
            taken.clear();
        }
    }

    std::mutex mutex_;
    std::deque<parcel*> items_;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

void raw_post(const job& work, meter& figures) {
    need_two_processors();
    busy_thread other;
    measure_posts(work, figures, [&](parcel& item) { other.post(item); });
}

lariat::task<> stays_busy(const std::atomic<bool>& enough) {
    while (!enough.load(std::memory_order_relaxed)) co_await lariat::yield();
}

void lariat_post(const job& work, meter& figures) {
    need_two_processors();
    std::atomic<bool> enough{false};
    lariat::worker_options one;
    one.workers = 1;
    lariat::worker_group other(one);
    other.spawn_on(0, stays_busy, std::ref(enough));
    measure_posts(work, figures, [&](parcel& item) { other[0].post(item); });
    enough = true;
}

}  // namespace

workload post_workload() {
    return {
        .name = "post",
        .what = "a post to a busy thread, for the one who posts",
        .parameters = {},
        .items = 2'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a mutex and a deque", raw_post},
                     {"lariat", "scheduler::post, from a thread without a ring", lariat_post}},
        .unit = "ns/post",
    };
}

}  // namespace bench
