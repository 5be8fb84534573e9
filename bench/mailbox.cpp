#include "runtime/mailbox.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "bench/workloads.hpp"

namespace bench {
namespace {

class counted_item final : public lariat::runnable {
  public:
    std::uint64_t* arrived = nullptr;

    void run() noexcept override {}
    void arrive() noexcept override { ++*arrived; }
};

struct lariat_inbox {
    void post(counted_item& item) noexcept { box.post(item); }
    void drain() noexcept { box.drain(); }

    lariat::mailbox box;
};

struct locked_inbox {
    void post(counted_item& item) {
        const std::lock_guard<std::mutex> lock(mutex);
        items.push_back(&item);
    }
    void drain() {
        {
            const std::lock_guard<std::mutex> lock(mutex);
            items.swap(taken);
        }
        for (counted_item* item : taken) item->arrive();
        taken.clear();
    }

    std::mutex mutex;
    std::deque<counted_item*> items;
    std::deque<counted_item*> taken;
};

constexpr std::size_t lap = 4096;

struct lap_of_items {
    std::uint64_t arrived = 0;
    std::unique_ptr<counted_item[]> items = std::make_unique<counted_item[]>(lap);

    lap_of_items() {
        for (std::size_t i = 0; i < lap; ++i) items[i].arrived = &arrived;
    }
};

/// One thread posts and empties: what the inbox costs when nobody is in the way.
template <class Inbox>
void post_here(const job& work, meter& figures) {
    const auto burst = static_cast<std::size_t>(work.with["burst"]);
    Inbox inbox;
    lap_of_items all;
    const auto pass = [&](std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            for (std::size_t k = 0; k < burst; ++k) inbox.post(all.items[k]);
            inbox.drain();
        }
    };
    pass(work.warmup / burst);

    const std::uint64_t times = work.items / burst + 1;
    figures.start();
    pass(times);
    figures.stop(times * burst);
}

/// Another thread posts as fast as it can, this one empties: the cost with both in the way.
template <class Inbox>
void post_from_elsewhere(const job& work, meter& figures) {
    if (std::thread::hardware_concurrency() < 2) throw unavailable("needs two CPUs");
    Inbox inbox;
    lap_of_items all;
    std::atomic<std::uint64_t> begun{0};
    const std::uint64_t laps = work.items / lap + 1;
    const std::uint64_t warm = work.warmup / lap + 1;
    std::thread poster([&] {
        for (std::uint64_t current = 1; current <= warm + laps; ++current) {
            while (begun.load(std::memory_order_acquire) < current) std::this_thread::yield();
            for (std::size_t i = 0; i < lap; ++i) inbox.post(all.items[i]);
        }
    });
    const auto pass = [&](std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t current = first; current <= last; ++current) {
            begun.store(current, std::memory_order_release);
            while (all.arrived < current * lap) inbox.drain();
        }
    };
    pass(1, warm);

    figures.start();
    pass(warm + 1, warm + laps);
    figures.stop(laps * lap);
    poster.join();
}

}  // namespace

workload mailbox_workload() {
    return {
        .name = "mailbox",
        .what = "items posted to a thread's inbox and taken out, by one thread",
        .parameters = {{.name = "burst",
                        .values = {1, 64},
                        .what = "posts before the inbox is emptied",
                        .most = static_cast<long>(lap)}},
        .items = 2'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a mutex and a deque", post_here<locked_inbox>},
                     {"lariat", "mailbox", post_here<lariat_inbox>}},
    };
}

workload handover_workload() {
    return {
        .name = "mailbox.handover",
        .what = "items posted by another thread as fast as it can; both spin",
        .parameters = {},
        .items = 1'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a mutex and a deque", post_from_elsewhere<locked_inbox>},
                     {"lariat", "mailbox", post_from_elsewhere<lariat_inbox>}},
    };
}

}  // namespace bench
