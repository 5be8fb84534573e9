#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "bench/deadlines.hpp"
#include "bench/raw/timer_heap.hpp"
#include "bench/rivals/program.hpp"
#include "bench/workloads.hpp"
#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "runtime/timer.hpp"

namespace bench {
namespace {

using std::chrono::steady_clock;

/// Later than all of them, and still not `never`.
constexpr steady_clock::time_point far_future =
    steady_clock::time_point::max() - std::chrono::nanoseconds(1);

/// A waiter that only waits: the queue is measured, not what follows from it.
class idle_timer final : public lariat::timed_waiter {
  public:
    void expire() noexcept override {}
    void cancel(std::error_code) noexcept override {}
    void describe(lariat::wait_report&) const override {}
};

/// A timer is part of an operation. Alone it would be eight bytes and stay in the cache, which no
/// program sees.
struct raw_operation {
    raw::timer_heap::timer timer;
    std::byte rest[sizeof(idle_timer) - sizeof(raw::timer_heap::timer)];
};

struct raw_timers {
    explicit raw_timers(std::size_t count) : operations(count) {}
    void arm(std::size_t i, steady_clock::time_point due) { queue.arm(operations[i].timer, due); }
    void disarm(std::size_t i) { queue.disarm(operations[i].timer); }
    bool pop(steady_clock::time_point now) { return queue.pop_due(now) != nullptr; }

    raw::timer_heap queue;
    std::vector<raw_operation> operations;
};

struct lariat_timers {
    explicit lariat_timers(std::size_t count) : timers(std::make_unique<idle_timer[]>(count)) {}
    void arm(std::size_t i, steady_clock::time_point due) {
        if (!queue.arm(timers[i], due)) throw std::bad_alloc();
    }
    void disarm(std::size_t i) { queue.disarm(timers[i]); }
    bool pop(steady_clock::time_point now) { return queue.pop_due(now) != nullptr; }

    lariat::timer_queue queue;
    std::unique_ptr<idle_timer[]> timers;
};

template <class Timers>
void arm_and_cancel(const job& work, meter& figures) {
    const auto pending = static_cast<std::size_t>(work.with["pending"]);
    const deadlines times(pending);
    Timers timers(pending);
    const auto pass = [&] {
        for (std::size_t i = 0; i < pending; ++i) timers.arm(i, times.due[i]);
        for (const std::uint32_t i : times.order) timers.disarm(i);
    };
    const std::uint64_t passes = work.items / pending + 1;
    if (work.warmup) pass();

    figures.start();
    for (std::uint64_t i = 0; i < passes; ++i) pass();
    figures.stop(passes * pending);
}

/// Sleeps that tell it when they have ended, as a handler of Asio's timers is told.
class sleepers final : public lariat::listener {
  public:
    explicit sleepers(std::size_t count) : sleeps_(count) {}

    void begin() noexcept {
        left_ = sleeps_.size();
        ended_.reset();
    }
    void arm(std::size_t i, steady_clock::time_point due) {
        lariat::sleep_awaiter& fresh = sleeps_[i].emplace(due);
        fresh.attach(nullptr, lariat::continuation(*this));
        if (!fresh.launch()) throw std::bad_alloc();
    }
    void cancel(std::size_t i) noexcept {
        lariat::waiter& wait = *sleeps_[i];
        wait.cancel(make_error_code(lariat::error::canceled));
    }
    /// Waits until all have told.
    auto ended() noexcept { return ended_.wait(); }

  private:
    std::coroutine_handle<> notify() noexcept override {
        if (--left_ == 0) ended_.set();
        return std::noop_coroutine();
    }

    std::vector<std::optional<lariat::sleep_awaiter>> sleeps_;
    std::size_t left_ = 0;
    lariat::event ended_;
};

lariat::task<> sleep_and_cancel(sleepers* all, const deadlines* times, std::uint64_t passes) {
    for (std::uint64_t pass = 0; pass < passes; ++pass) {
        all->begin();
        for (std::size_t i = 0; i < times->due.size(); ++i) all->arm(i, times->due[i]);
        for (const std::uint32_t i : times->order) all->cancel(i);
        (co_await all->ended()).value();
    }
}

void lariat_sleep(const job& work, meter& figures) {
    using namespace std::chrono_literals;
    const auto pending = static_cast<std::size_t>(work.with["pending"]);
    const deadlines times(pending, steady_clock::now() + 1h);
    lariat::scheduler loop;
    sleepers all(pending);
    const std::uint64_t passes = work.items / pending + 1;
    if (work.warmup) loop.run(sleep_and_cancel(&all, &times, 1));

    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(sleep_and_cancel(&all, &times, passes));
    figures.stop(passes * pending);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

std::int64_t cpu_time() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

/// How long each expiry by itself keeps the loop. In CPU time: what others do to this thread is
/// not the queue's doing.
template <class Timers>
void note_single_expiries(Timers& timers, std::size_t pending, meter& figures) {
    std::vector<std::int64_t> spans;
    spans.reserve(pending);
    for (std::int64_t before = cpu_time(); timers.pop(far_future);) {
        const std::int64_t now = cpu_time();
        spans.push_back(now - before);
        before = now;
    }
    if (spans.size() != pending) throw std::runtime_error("not every timer expired");
    const std::int64_t first = spans[0];
    std::sort(spans.begin(), spans.end());
    figures.note("first_ns", static_cast<double>(first));
    figures.note("p99_9_ns", static_cast<double>(spans[pending - 1 - pending / 1000]));
    figures.note("max_ns", static_cast<double>(spans[pending - 1]));
}

template <class Timers>
void expire(const job& work, meter& figures) {
    const auto pending = static_cast<std::size_t>(work.with["pending"]);
    const deadlines times(pending);
    Timers timers(pending);
    const auto arm_all = [&] {
        for (std::size_t i = 0; i < pending; ++i) timers.arm(i, times.due[i]);
    };
    arm_all();
    note_single_expiries(timers, pending, figures);

    arm_all();
    figures.start();
    while (timers.pop(far_future)) {
    }
    figures.stop(pending);
}

parameter pending_parameter() {
    return {.name = "pending",
            .values = {1'000'000},
            .what = "timers at the same time",
            .most = 10'000'000,
            .smoke_values = {10'000}};
}

void asio_timer(const job& work, meter& figures) {
    run_asio("timer", static_cast<std::uint64_t>(work.with["pending"]), work, figures);
}

void libuv_timer(const job& work, meter& figures) {
    run_libuv("timer", static_cast<std::uint64_t>(work.with["pending"]), work, figures);
}

}  // namespace

workload timer_workload() {
    return {
        .name = "timer",
        .what = "deadlines armed and, in another order, cancelled",
        .parameters = {pending_parameter()},
        .items = 1'000'000,
        .smoke_items = 1,
        .subjects =
            {{"raw", "a binary heap in an array, as Asio has", arm_and_cancel<raw_timers>},
             {"lariat", "timer_queue alone: nobody is told", arm_and_cancel<lariat_timers>},
             {"lariat_sleep", "sleeps on a scheduler, and who is told of their end", lariat_sleep},
             {"asio", "Boost.Asio: the same, waitable timers and their handlers", asio_timer},
             {"libuv", "libuv: uv_timer_start, uv_timer_stop; nobody is told either", libuv_timer}},
    };
}

workload expiry_workload() {
    return {
        .name = "timer.expiry",
        .what =
            "deadlines that are due, taken one by one; max_ns is the longest (with the clock's "
            "cost)",
        .parameters = {pending_parameter()},
        .items = 1'000'000,
        .smoke_items = 1,
        .subjects = {{"raw", "a binary heap in an array, as Asio has", expire<raw_timers>},
                     {"lariat", "timer_queue", expire<lariat_timers>}},
    };
}

}  // namespace bench
