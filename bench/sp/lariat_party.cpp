#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "bench/harness.hpp"
#include "bench/sp/party.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_any.hpp"

namespace bench {
namespace {

namespace io = lariat;
using namespace std::chrono_literals;

io::task<sp_count> receiving(const sp_plan& plan, const sp_announce& announce) {
    io::pull_socket own;
    const auto url = co_await own.listen(plan.url);
    announce(url.value());
    sp_stopwatch watch(plan);
    for (;;) {
        const auto got = co_await own.receive();
        if (!got || watch.count()) break;
    }
    co_return watch.taken();
}

io::task<> sending(const sp_plan& plan) {
    io::push_socket own;
    (co_await own.dial(plan.url)).value();
    for (;;) {
        const auto sent = co_await own.send(io::message(plan.size));
        if (!sent) break;
    }
}

io::task<> echoing(io::pair_socket& own) {
    for (;;) {
        auto got = co_await own.receive();
        if (!got) break;
        const auto sent = co_await own.send(*got);
        if (!sent) break;
    }
}

io::task<> listening_echo(const sp_plan& plan, const sp_announce& announce) {
    io::pair_socket own;
    const auto url = co_await own.listen(plan.url);
    announce(url.value());
    co_await echoing(own);
}

/// Until the watch, or the number of round trips, says that it is enough.
io::task<> asking(io::pair_socket& own, const sp_plan& plan, sp_stopwatch& watch,
                  std::uint64_t round_trips) {
    io::message travelling(plan.size);
    for (std::uint64_t i = 0; round_trips == 0 || i < round_trips; ++i) {
        const auto sent = co_await own.send(travelling);
        if (!sent) break;
        auto got = co_await own.receive();
        if (!got) break;
        travelling = *std::move(got);
        if (round_trips == 0 && watch.count()) break;
    }
}

io::task<sp_count> dialing_ask(const sp_plan& plan) {
    io::pair_socket own;
    (co_await own.dial(plan.url)).value();
    sp_stopwatch watch(plan);
    co_await asking(own, plan, watch, 0);
    co_return watch.taken();
}

io::task<sp_count> asking_on_this_thread(const sp_plan& plan) {
    io::pair_socket one;
    (co_await one.dial(plan.url)).value();
    sp_stopwatch watch(plan);
    co_await asking(one, plan, watch, plan.round_trips / 10);
    const sp_span measured;
    co_await asking(one, plan, watch, plan.round_trips);
    co_return measured.taken(plan.round_trips);
}

io::task<sp_count> both_on_this_thread(const sp_plan& plan) {
    io::pair_socket other;
    (co_await other.listen(plan.url)).value();
    auto race = co_await io::when_any(asking_on_this_thread(plan), echoing(other));
    co_return race.get<0>();
}

/// How a loop waits: it sleeps, or looks for a while before it does.
enum class waiting : bool { sleeps, spins };

template <waiting how>
io::scheduler_options options() {
    // Longer than a message takes over the loopback device and back.
    return {.spin = how == waiting::spins ? 50us : 0us};
}

template <waiting how>
sp_count lariat_receive(const sp_plan& plan, const sp_announce& announce) {
    return io::run(receiving(plan, announce), options<how>());
}

template <waiting how>
void lariat_send(const sp_plan& plan) {
    io::run(sending(plan), options<how>());
}

template <waiting how>
void lariat_echo(const sp_plan& plan, const sp_announce& announce) {
    io::run(listening_echo(plan, announce), options<how>());
}

template <waiting how>
sp_count lariat_ask(const sp_plan& plan) {
    return io::run(dialing_ask(plan), options<how>());
}

template <waiting how>
sp_count lariat_ask_within(const sp_plan& plan, bool on_two_threads) {
    if (!on_two_threads) return io::run(both_on_this_thread(plan), options<how>());
    std::promise<io::scheduler*> listening;
    std::thread other([&] {
        io::scheduler loop(options<how>());
        const auto announce = [&](const std::string&) { listening.set_value(&loop); };
        loop.run(listening_echo(plan, announce));
    });
    io::scheduler* const there = listening.get_future().get();
    const sp_count taken = io::run(asking_on_this_thread(plan), options<how>());
    there->stop();
    other.join();
    return taken;
}

template <waiting how>
constexpr sp_party party_named(const char* name) {
    return {name,
            lariat_receive<how>,
            lariat_send<how>,
            lariat_echo<how>,
            lariat_ask<how>,
            lariat_ask_within<how>};
}

}  // namespace

const sp_party lariat_party = party_named<waiting::sleeps>("lariat");
const sp_party lariat_spinning_party = party_named<waiting::spins>("lariat_spinning");

}  // namespace bench
