#include "runtime/channel.hpp"

#include <tuple>

#include "bench/raw/channel.hpp"
#include "bench/raw/ready_ring.hpp"
#include "bench/raw/task.hpp"
#include "bench/rivals/program.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"

namespace bench {
namespace {

raw::task raw_sends(raw::channel& to, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) co_await to.send(static_cast<long>(i));
    co_return 0;
}

raw::task raw_receives(raw::channel& from, std::uint64_t count) {
    long sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) sum += co_await from.receive();
    co_return sum;
}

void run_raw(raw::ready_ring& ready, raw::channel& numbers, std::uint64_t count) {
    raw::task sender = raw_sends(numbers, count);
    raw::task receiver = raw_receives(numbers, count);
    sender.resume();
    receiver.resume();
    ready.run();
}

void raw_channel(const job& work, meter& figures) {
    raw::ready_ring ready(4);
    raw::channel numbers(ready, static_cast<std::size_t>(work.with["capacity"]));
    run_raw(ready, numbers, work.warmup);

    figures.start();
    run_raw(ready, numbers, work.items);
    figures.stop(work.items);
}

lariat::task<> sends(lariat::channel<long>& to, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        long value = static_cast<long>(i);
        (void)co_await to.send(value);
    }
}

lariat::task<long> receives(lariat::channel<long>& from, std::uint64_t count) {
    long sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) sum += *co_await from.receive();
    co_return sum;
}

lariat::task<> sends_and_receives(lariat::channel<long>& numbers, std::uint64_t count) {
    std::ignore = co_await lariat::when_all(sends(numbers, count), receives(numbers, count));
}

void lariat_channel(const job& work, meter& figures) {
    lariat::scheduler loop;
    lariat::channel<long> numbers(static_cast<std::size_t>(work.with["capacity"]));
    loop.run(sends_and_receives(numbers, work.warmup));

    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(sends_and_receives(numbers, work.items));
    figures.stop(work.items);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

void asio_channel(const job& work, meter& figures) {
    run_asio("channel", static_cast<std::uint64_t>(work.with["capacity"]), work, figures);
}

}  // namespace

workload channel_workload() {
    return {
        .name = "channel",
        .what = "messages from one coroutine to another on the same thread",
        .parameters = {{.name = "capacity", .values = {1, 64}, .what = "messages it has room for"}},
        .items = 10'000'000,
        .smoke_items = 10'000,
        .subjects = {{"raw", "a ring of numbers and two coroutine handles", raw_channel},
                     {"lariat", "channel<long>, on a scheduler", lariat_channel},
                     {"asio", "Boost.Asio: experimental::channel, two coroutines", asio_channel}},
    };
}

}  // namespace bench
