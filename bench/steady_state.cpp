#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <tuple>

#include "aio/descriptor.hpp"
#include "aio/op/nop.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "bench/allocations.hpp"
#include "bench/echo/socket.hpp"
#include "bench/workloads.hpp"
#include "runtime/channel.hpp"
#include "runtime/on.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "runtime/worker_group.hpp"

// A thing is done so many times by its `run`, in one coroutine of its own. `part` says how much of
// the items are its share: what waits for the kernel or for time is done less often.

namespace bench {
namespace {

using namespace std::chrono_literals;

void must(bool worked) {
    if (!worked) throw std::runtime_error("what is counted failed");
}

[[gnu::noinline]] lariat::task<long> one_more(long number) { co_return number + 1; }
lariat::task<> nothing() { co_return; }

struct spawning {
    static constexpr std::uint64_t part = 1;

    lariat::task<> run(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            lariat::task_scope scope;
            scope.spawn(nothing());
            co_await scope.join();
        }
    }
};

struct awaiting {
    static constexpr std::uint64_t part = 1;

    lariat::task<> run(std::uint64_t times) {
        long sum = 0;
        for (std::uint64_t i = 0; i < times; ++i) sum = co_await one_more(sum);
        keep(sum);
    }
};

struct operating {
    static constexpr std::uint64_t part = 4;

    lariat::task<> run(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            const auto done = co_await lariat::nop{};
            must(done.has_value());
        }
    }
};

struct sleeping {
    static constexpr std::uint64_t part = 200;

    lariat::task<> run(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            const auto slept = co_await lariat::sleep_for(1us);
            must(slept.has_value());
        }
    }
};

struct limiting {
    static constexpr std::uint64_t part = 4;

    lariat::task<> run(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            const auto done = co_await lariat::within(1h, lariat::nop{});
            must(done.has_value());
        }
    }
};

struct racing {
    static constexpr std::uint64_t part = 4;

    lariat::task<> run(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            const auto both = co_await lariat::when_any(lariat::nop{}, lariat::sleep_for(1h));
            must(both.index == 0);
        }
    }
};

struct sending {
    static constexpr std::uint64_t part = 1;

    lariat::task<> run(std::uint64_t times) {
        std::ignore = co_await lariat::when_all(sends(times), receives(times));
    }

  private:
    lariat::task<> sends(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            long value = static_cast<long>(i);
            const auto sent = co_await numbers_.send(value);
            must(sent.has_value());
        }
    }

    lariat::task<> receives(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            const auto received = co_await numbers_.receive();
            must(received.has_value());
        }
    }

    lariat::channel<long> numbers_{1};
};

struct hopping {
    static constexpr std::uint64_t part = 50;

    lariat::task<> run(std::uint64_t times) {
        for (std::uint64_t i = 0; i < times; ++i) {
            const auto done = co_await lariat::on(other_[0], nothing());
            must(done.has_value());
        }
    }

    /// Of the thread to which it goes.
    lariat::task<std::uint64_t> allocations_elsewhere() {
        const auto count = co_await lariat::on(other_[0], look());
        co_return count.value();
    }

  private:
    static lariat::task<lariat::result<std::uint64_t>> look() {
        co_return allocations_of_this_thread();
    }

    static lariat::worker_options one_worker() {
        lariat::worker_options one;
        one.workers = 1;
        return one;
    }

    lariat::worker_group other_{one_worker()};
};

class echoing {
  public:
    static constexpr std::uint64_t part = 50;

    echoing() {
        const listening listens = listen_on_loopback();
        const auto door = lariat::descriptor::adopt(listens.socket);
        near_ = lariat::tcp_stream(lariat::descriptor::adopt(connect_to(listens.address)));
        const int accepted = accept4(door.number(), nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) throw std::system_error(errno, std::generic_category(), "accept");
        far_ = lariat::tcp_stream(lariat::descriptor::adopt(accepted));
    }

    lariat::task<> run(std::uint64_t times) {
        std::array<char, 64> message{};
        for (std::uint64_t i = 0; i < times; ++i) {
            const auto asked = co_await lariat::write_all(near_, message);
            const auto heard = co_await lariat::read_exactly(far_, message);
            const auto said = co_await lariat::write_all(far_, message);
            const auto answered = co_await lariat::read_exactly(near_, message);
            must(asked && heard && said && answered);
        }
    }

  private:
    lariat::tcp_stream near_;
    lariat::tcp_stream far_;
};

template <class Thing>
lariat::task<std::uint64_t> allocations_elsewhere(Thing* thing) {
    if constexpr (requires { thing->allocations_elsewhere(); })
        co_return co_await thing->allocations_elsewhere();
    else
        co_return std::uint64_t{0};
}

/// How often a thing is done, at least, until what it recycles is there.
constexpr std::uint64_t least_warmup = 200;

template <class Thing>
lariat::task<> counted(Thing* thing, const job* work, meter* figures) {
    if (work->warmup) co_await thing->run(std::max(least_warmup, work->warmup / Thing::part));
    lariat::ring& kernel = *lariat::home::current().kernel();
    const std::uint64_t items = work->items / Thing::part + 1;
    const std::uint64_t before = co_await allocations_elsewhere(thing);

    const std::uint64_t calls = kernel.system_calls();
    const std::uint64_t own = allocations_of_this_thread();
    figures->start();
    co_await thing->run(items);
    figures->stop(items);
    const std::uint64_t own_now = allocations_of_this_thread();
    figures->system_calls(kernel.system_calls() - calls);
    const std::uint64_t after = co_await allocations_elsewhere(thing);
    figures->allocations(own_now - own + after - before);
}

template <class Thing>
void count(const job& work, meter& figures) {
    lariat::scheduler loop;
    Thing thing;
    loop.run(counted(&thing, &work, &figures));
}

}  // namespace

workload allocations_workload() {
    return {
        .name = "allocations",
        .what =
            "how often the heap is asked for memory by what programs do most, once it is steady: "
            "each of these alone, one after the other, whose times say little about each other",
        .parameters = {},
        .items = 1'000'000,
        .smoke_items = 5'000,
        .subjects = {{"lariat_spawn", "a child spawned into a scope, and its end awaited",
                      count<spawning>},
                     {"lariat_await", "a task that returns at once", count<awaiting>},
                     {"lariat_nop", "an operation of the ring", count<operating>},
                     {"lariat_sleep", "a sleep of 1 us, and how much longer it takes",
                      count<sleeping>},
                     {"lariat_within", "an operation of the ring with a deadline, which it meets",
                      count<limiting>},
                     {"lariat_when_any", "an operation of the ring against a sleep, which loses",
                      count<racing>},
                     {"lariat_channel", "a message from a task to another on the same thread",
                      count<sending>},
                     {"lariat_hop", "to another thread and back, with what either allocates",
                      count<hopping>},
                     {"lariat_tcp_echo", "64 bytes to and fro over TCP on the loopback device",
                      count<echoing>}},
        .reference = "",
    };
}

}  // namespace bench
