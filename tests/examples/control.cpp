// The README's examples of errors, cancel, shutdown, threads and dumps, and what tries them.
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/with_stop.hpp"
#include "runtime/within.hpp"
#include "runtime/worker_group.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

std::string explain(std::error_code why) {
    if (why == io::error::timed_out) return "this wait's own deadline passed";
    if (why == io::error::canceled) return "somebody further out gave up";
    if (why == io::error::stopped) return "the scheduler ends";
    if (why == std::errc::operation_canceled) return "never reached: canceled or stopped";
    if (why == std::errc::connection_reset) return "the kernel's own word";
    return why.message();
}

io::task<> until_interrupted(io::task<> work) {
    io::signal_set signals{SIGINT, SIGTERM};
    (void)co_await io::when_any(std::move(work), signals.next());
}

io::task<> tick_until_cancelled(int& ticks) {
    for (;;) {
        const auto slept = co_await io::sleep_for(1ms);
        if (!slept) break;  // every later wait of this task would fail with the same reason
        ++ticks;
    }
    // Clean-up that waits: no cancel reaches it, so it has a limit of its own.
    (void)co_await io::shield(io::within(1s, io::sleep_for(1ms)));
    ticks = -ticks;
}

io::task<io::result<void>> wait_for(std::stop_token stop) {
    co_return co_await io::with_stop(stop, io::sleep_for(1h));
}

// The function of a std::jthread: it ends when the thread is asked to.
void run_until(std::stop_token stop) {
    io::scheduler loop;
    const std::stop_callback on_stop(stop, [&loop] { loop.stop(); });
    const auto outcome = loop.run(wait_for({}));
    std::cout << "the loop ended: " << outcome.error().message() << '\n';
}

io::task<> greet_all(io::address where, std::atomic<int>& greeted) {
    auto door = io::tcp_listener::open(where, {.reuse_port = true});
    while (door) {
        auto peer = co_await door->accept();
        if (!peer) co_return;  // the group stops
        (void)co_await io::write_all(*peer, "hello");
        ++greeted;
    }
}

/// A listener on every CPU, until `enough` greetings; then an end in order.
io::task<io::result<void>> greet_on_all_cores(io::address where, int enough) {
    std::atomic<int> greeted = 0;
    io::worker_group cores({.pinned = true});
    for (std::size_t i = 0; i < cores.size(); ++i)
        cores.spawn_on(i, greet_all, where, std::ref(greeted));
    while (greeted < enough) co_await io::or_return(co_await io::sleep_for(1ms));
    cores.stop();
    co_return co_await cores.drain(1s);  // returns when all have ended
}

io::task<> dump_on_request(io::scheduler& loop) {
    io::signal_set requests{SIGUSR1};
    for (;;) {
        const auto which = co_await requests.next();
        if (!which) co_return;
        loop.dump(std::cerr);
    }
}

// From here on: what tries them.
io::task<> accept_one(io::tcp_listener& door) { (void)co_await door.accept(); }

io::task<> read_slowly(io::tcp_stream& peer) {
    char request[64];
    (void)co_await io::within(30s, io::read_exactly(peer, request));
}

io::task<io::result<void>> show_a_dump(io::scheduler& loop) {
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    auto peer = co_await io::or_return(co_await io::connect_tcp(where));
    auto accepted = co_await io::or_return(co_await door.accept());
    io::task_scope children;
    children.spawn(dump_on_request, std::ref(loop));
    children.spawn(accept_one, std::ref(door));
    children.spawn(read_slowly, std::ref(accepted));
    co_await io::or_return(co_await io::sleep_for(10ms));
    ::raise(SIGUSR1);
    co_await io::or_return(co_await io::sleep_for(10ms));
    children.cancel();
    co_await children.join();
    co_return {};
}

io::task<> interrupt_after(io::task<> work) {
    co_await std::move(work);
    ::raise(SIGINT);
    (void)co_await io::sleep_for(1h);
}

io::task<io::result<bool>> try_workers() {
    // A port that is free, and shared with whoever listens on it, too.
    auto first = co_await io::or_return(
        io::tcp_listener::open(io::address::loopback(0), {.reuse_port = true}));
    const auto where = co_await io::or_return(first.local_address());
    first.close();
    auto ask = [](io::address server) -> io::task<> {
        for (bool greeted = false; !greeted;) {
            auto peer = co_await io::connect_tcp(server);
            char word[5];
            if (peer) greeted = bool(co_await io::read_exactly(*peer, word));
            const auto slept = co_await io::sleep_for(1ms);
            if (!slept) co_return;
        }
    };
    const auto both = co_await io::when_all(greet_on_all_cores(where, 2), ask(where), ask(where));
    const auto& served = std::get<0>(both);
    if (!served) co_return served.error();
    co_return true;
}

io::task<> do_nothing() { co_await io::yield(); }

io::task<bool> try_cancel() {
    int ticks = 0;
    auto race = co_await io::when_any(tick_until_cancelled(ticks), io::sleep_for(50ms));
    const bool cleaned_up = race.index == 1 && ticks < 0;

    std::stop_source source;
    std::jthread asker([&source] { source.request_stop(); });
    const auto stopped = co_await wait_for(source.get_token());
    const auto late = co_await io::within(1ms, io::sleep_for(1h));
    std::cout << "with_stop: " << explain(stopped.error()) << '\n'
              << "within: " << explain(late.error()) << '\n';
    co_await until_interrupted(interrupt_after(do_nothing()));
    const bool good = cleaned_up && stopped.error() == io::error::canceled &&
                      late.error() == io::error::timed_out;
    co_return good;
}

}  // namespace

int main() {
    const bool cancelled = io::run(try_cancel());
    io::scheduler loop;
    const auto shown = loop.run(show_a_dump(loop));
    std::jthread(run_until).request_stop();
    const auto served = io::run(try_workers());
    if (!served) std::cerr << "control: " << served.error().message() << '\n';
    return cancelled && shown && served ? 0 : 1;
}
