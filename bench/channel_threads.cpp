#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "bench/workloads.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

constexpr std::size_t room = 1024;

/// What one writes by hand: a ring under a mutex, and a condition for either side to wait on.
class locked_ring {
  public:
    void send_all(std::span<const long> values) {
        std::unique_lock held(lock_);
        for (const long value : values) {
            while (tail_ - head_ == room) wait(held, can_send_, senders_);
            slots_[tail_++ % room] = value;
        }
        if (receivers_ > 0) can_receive_.notify_one();
    }

    /// At least one.
    void receive_some(std::vector<long>& into) {
        std::unique_lock held(lock_);
        while (tail_ == head_) wait(held, can_receive_, receivers_);
        while (tail_ != head_ && into.size() < into.capacity())
            into.push_back(slots_[head_++ % room]);
        if (senders_ > 0) can_send_.notify_one();
    }

  private:
    void wait(std::unique_lock<std::mutex>& held, std::condition_variable& what, int& waiting) {
        ++waiting;
        // Whoever is waited for may be asleep itself.
        (&what == &can_send_ ? can_receive_ : can_send_).notify_one();
        what.wait(held);
        --waiting;
    }

    std::mutex lock_;
    std::condition_variable can_send_;
    std::condition_variable can_receive_;
    int senders_ = 0;
    int receivers_ = 0;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::vector<long> slots_ = std::vector<long>(room);
};

/// Both count to as many, in batches.
struct stretch {
    std::uint64_t warmup;
    std::uint64_t items;
    std::size_t batch;

    std::uint64_t all() const noexcept { return warmup + items; }
};

stretch stretch_of(const job& work) {
    if (std::thread::hardware_concurrency() < 2) throw unavailable("needs two CPUs");
    const auto batch = static_cast<std::size_t>(work.with["batch"]);
    const auto whole = [&](std::uint64_t count) { return (count / batch + 1) * batch; };
    return {whole(work.warmup), whole(work.items), batch};
}

void raw_threads(const job& work, meter& figures) {
    const stretch plan = stretch_of(work);
    locked_ring ring;
    std::thread sender([&] {
        std::vector<long> batch(plan.batch, 1);
        for (std::uint64_t sent = 0; sent < plan.all(); sent += plan.batch) ring.send_all(batch);
    });
    std::vector<long> got;
    got.reserve(plan.batch);
    std::uint64_t received = 0;
    const auto receive_until = [&](std::uint64_t count) {
        while (received < count) {
            got.clear();
            ring.receive_some(got);
            received += got.size();
        }
    };
    receive_until(plan.warmup);

    // A batch may reach beyond the warm-up.
    const std::uint64_t before = received;
    figures.start();
    receive_until(plan.all());
    figures.stop(received - before);
    sender.join();
}

using numbers = lariat::concurrent_channel<long>;

lariat::task<> sends(numbers& to, std::uint64_t count) {
    long value = 1;
    for (std::uint64_t sent = 0; sent < count; ++sent) (void)co_await to.send(value);
}

lariat::task<> sends_batches(numbers& to, const stretch& plan) {
    std::vector<long> batch(plan.batch, 1);
    for (std::uint64_t sent = 0; sent < plan.all(); sent += plan.batch)
        (void)co_await to.send_all(batch);
}

lariat::task<> receives(numbers& from, std::uint64_t& received, std::uint64_t until) {
    long sum = 0;
    for (; received < until; ++received) sum += *co_await from.receive();
    keep(sum);
}

lariat::task<> receives_batches(numbers& from, std::uint64_t& received, std::uint64_t until,
                                std::size_t most) {
    std::vector<long> batch;
    batch.reserve(most);
    while (received < until) {
        batch.clear();
        (void)co_await from.receive_some(batch);
        received += batch.size();
    }
}

void lariat_threads(const job& work, meter& figures) {
    const stretch plan = stretch_of(work);
    numbers channel(room);
    std::thread sender([&] {
        lariat::run(plan.batch == 1 ? sends(channel, plan.all()) : sends_batches(channel, plan));
    });
    std::uint64_t received = 0;
    const auto receive_until = [&](std::uint64_t count) {
        return plan.batch == 1 ? receives(channel, received, count)
                               : receives_batches(channel, received, count, plan.batch);
    };
    lariat::scheduler loop;
    loop.run(receive_until(plan.warmup));

    const std::uint64_t before = received;
    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(receive_until(plan.all()));
    figures.stop(received - before);
    figures.system_calls(loop.kernel()->system_calls() - calls);
    sender.join();
}

}  // namespace

workload channel_threads_workload() {
    return {
        .name = "channel.threads",
        .what =
            "messages from a coroutine to another one on another thread, 1024 of them on the way",
        .parameters = {{.name = "batch",
                        .values = {1, 64},
                        .what = "messages sent and received at once",
                        .most = static_cast<long>(room)}},
        .items = 2'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a ring, std::mutex and two conditions, two threads", raw_threads},
                     {"lariat", "concurrent_channel<long>, two schedulers", lariat_threads}},
    };
}

}  // namespace bench
