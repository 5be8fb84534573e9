// A program: MECHANISM ITEMS WARMUP COUNT.
// Nothing is left of it where the library is not there.
#if __has_include(<boost/asio.hpp>)

#include <exception>
#include <utility>
#include <vector>

#include <boost/asio.hpp>
#include <boost/asio/experimental/channel.hpp>

#include "bench/deadlines.hpp"
#include "bench/rivals/mechanism.hpp"
#include "bench/roll_call.hpp"

namespace {

namespace asio = boost::asio;

// One thread, so no locks; and types that are known, where Asio's own would be erased.
using executor = asio::io_context::executor_type;
template <class T>
using task = asio::awaitable<T, executor>;
using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, executor>;
constexpr asio::use_awaitable_t<executor> awaited{};

void run(asio::io_context& loop) {
    loop.run();
    loop.restart();
}

/// Measured from where all have had their first turn. Each takes one more before it ends, so that
/// none ends before the watch is stopped.
task<void> yields(executor where, std::uint64_t times, bench::roll_call& all,
                  bench::stopwatch& watch) {
    if (all.come()) watch.start();
    for (std::uint64_t i = 0; i < times; ++i) co_await asio::post(where, awaited);
    if (all.go()) watch.stop();
    co_await asio::post(where, awaited);
}

int measure_yield(const bench::mechanism& asked, asio::io_context& loop) {
    return asked.measure_part([&](std::uint64_t times, bench::stopwatch& watch) {
        bench::roll_call all(asked.count);
        for (std::uint64_t i = 0; i < asked.count; ++i)
            asio::co_spawn(loop, yields(loop.get_executor(), times, all, watch), asio::detached);
        run(loop);
    });
}

// Not inlined, as ours is not.
[[gnu::noinline]] task<long> empty(long value) { co_return value; }

task<void> awaits(std::uint64_t times, volatile long& sum) {
    for (std::uint64_t i = 0; i < times; ++i) sum = sum + co_await empty(static_cast<long>(i));
}

int measure_await(const bench::mechanism& asked, asio::io_context& loop) {
    volatile long sum = 0;
    return asked.measure([&](std::uint64_t times) {
        asio::co_spawn(loop, awaits(times, sum), asio::detached);
        run(loop);
    });
}

task<void> child(long& sum) {
    ++sum;
    co_return;
}

/// Goes on with who waits when the last of the children has ended.
template <class Handler>
class last_of_all {
  public:
    last_of_all(Handler&& waiting, std::uint64_t children)
        : waiting_(std::move(waiting)), left_(children) {}

    /// The last touch, where it is the last child.
    void one_has_ended() {
        if (--left_ != 0) return;
        Handler waiting = std::move(waiting_);
        delete this;
        std::move(waiting)();
    }

  private:
    Handler waiting_;
    std::uint64_t left_;
};

/// Spawns when it is awaited; the wait ends with the last child.
auto all_of(executor where, std::uint64_t children, long& sum) {
    return asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(
        [where, children, &sum](auto handler) {
            auto* const all = new last_of_all<decltype(handler)>(std::move(handler), children);
            for (std::uint64_t i = 0; i < children; ++i)
                asio::co_spawn(where, child(sum),
                               [all](std::exception_ptr) { all->one_has_ended(); });
        },
        awaited);
}

task<void> spawning(executor where, std::uint64_t batches, std::uint64_t children, long& sum) {
    for (std::uint64_t i = 0; i < batches; ++i) {
        // Of one, Asio's own wait is the shortest.
        if (children == 1)
            co_await asio::co_spawn(where, child(sum), awaited);
        else
            co_await all_of(where, children, sum);
    }
}

/// One coroutine for all batches: the loop is not left between them.
int measure_spawn(const bench::mechanism& asked, asio::io_context& loop) {
    long sum = 0;
    return asked.measure([&](std::uint64_t times) {
        asio::co_spawn(loop, spawning(loop.get_executor(), times, asked.count, sum),
                       asio::detached);
        run(loop);
    });
}

int measure_timer(const bench::mechanism& asked, asio::io_context& loop) {
    using namespace std::chrono_literals;
    const bench::deadlines times_of(asked.count, std::chrono::steady_clock::now() + 1h);
    std::vector<timer> timers;
    timers.reserve(asked.count);
    for (std::uint64_t i = 0; i < asked.count; ++i) timers.emplace_back(loop);
    return asked.measure([&](std::uint64_t times) {
        for (std::uint64_t pass = 0; pass < times; ++pass) {
            for (std::uint64_t i = 0; i < asked.count; ++i) {
                timers[i].expires_at(times_of.due[i]);
                timers[i].async_wait([](const boost::system::error_code&) {});
            }
            for (const std::uint32_t i : times_of.order) timers[i].cancel();
            run(loop);
        }
    });
}

using channel = asio::experimental::channel<executor, void(boost::system::error_code, long)>;

task<void> sends(channel& to, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
        co_await to.async_send(boost::system::error_code(), static_cast<long>(i), awaited);
}

task<void> receives(channel& from, std::uint64_t count, volatile long& sum) {
    for (std::uint64_t i = 0; i < count; ++i) sum = sum + co_await from.async_receive(awaited);
}

int measure_channel(const bench::mechanism& asked, asio::io_context& loop) {
    volatile long sum = 0;
    channel numbers(loop, asked.count);
    return asked.measure([&](std::uint64_t times) {
        asio::co_spawn(loop, sends(numbers, times * asked.count), asio::detached);
        asio::co_spawn(loop, receives(numbers, times * asked.count, sum), asio::detached);
        run(loop);
    });
}

}  // namespace

int main(int count, char** words) {
    if (count != 5) return 2;
    const bench::mechanism asked(words);
    asio::io_context loop(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
    if (asked.name == "yield") return measure_yield(asked, loop);
    if (asked.name == "await") return measure_await(asked, loop);
    if (asked.name == "spawn") return measure_spawn(asked, loop);
    if (asked.name == "timer") return measure_timer(asked, loop);
    if (asked.name == "channel") return measure_channel(asked, loop);
    return 2;
}

#endif
