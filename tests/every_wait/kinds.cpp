#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/completion_source.hpp"
#include "aio/op/file.hpp"
#include "aio/op/futex.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/process.hpp"
#include "aio/op/ring_message.hpp"
#include "aio/op/socket.hpp"
#include "aio/op/timeout.hpp"
#include "aio/resolve.hpp"
#include "runtime/as_completed.hpp"
#include "runtime/generator.hpp"
#include "runtime/interval.hpp"
#include "runtime/offload.hpp"
#include "runtime/on.hpp"
#include "runtime/retry.hpp"
#include "runtime/scope.hpp"
#include "runtime/select.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/with_stop.hpp"
#include "runtime/within.hpp"
#include "tests/every_wait/things.hpp"
#include "tests/faults/detached.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using things = things_to_wait_for;
using outcome = io::task<std::error_code>;

/// What an awaitable that yields a result ends with.
template <class Awaitable>
outcome end_of(Awaitable awaitable) {
    const auto how = co_await std::move(awaitable);
    co_return how.error();
}

io::task<io::result<void>> waits_in_a_task(io::event& what) { co_return co_await what.wait(); }

outcome waits_with_mutex(things& all) {
    auto held = co_await all.free.lock();
    if (!held) co_return held.error();
    const auto told = co_await all.news.wait(all.free, *held);
    co_return told.error();
}

template <class Channel>
outcome sends(things& all, Channel& to) {
    int value = 1;
    const auto sent = co_await to.send(value);
    if (sent) all.happens.set();
    co_return sent.error();
}

io::generator<int> never_yields(io::event& what) {
    const auto told = co_await what.wait();
    if (told) co_yield 1;
}

outcome asks_a_generator(things& all) {
    auto values = never_yields(all.happens);
    const auto value = co_await values.next();
    // It has returned because of that.
    co_return value.error() == io::error::end_of_stream ? make_error_code(io::error::stopped)
                                                        : value.error();
}

outcome joins(things& all) {
    std::error_code inner;
    auto waits = [&]() -> io::task<> { inner = co_await end_of(all.happens.wait()); };
    io::task_scope scope;
    scope.spawn(waits);
    co_await scope.join();
    co_return inner;
}

outcome takes_the_next_value(things& all) {
    io::as_completed<io::result<void>> values;
    values.spawn(waits_in_a_task(all.happens));
    const auto next = co_await values.next();
    co_return next ? next->value.error() : next.error();
}

outcome waits_for_the_first(things& all) {
    const io::receive receive{.socket = all.silent.first, .buffer = all.bytes};
    auto first = co_await io::when_any(all.happens.wait(), io::sleep_for(1h), receive);
    co_return first.get<0>().error() == first.get<1>().error() ? first.get<2>().error()
                                                               : std::error_code();
}

outcome waits_for_the_first_of_many(things& all) {
    std::vector<io::task<io::result<void>>> many;
    for (int i = 0; i < 3; ++i) many.push_back(waits_in_a_task(all.happens));
    const auto first = co_await io::when_any(std::move(many));
    co_return first.results[2].error();
}

outcome selects(things& all) {
    const auto first = co_await io::select(all.empty.receive(), all.happens.wait());
    co_return std::get<1>(first.results).error();
}

outcome waits_for_all(things& all) {
    const auto both = co_await io::when_all(all.happens.wait(), waits_in_a_task(all.happens));
    co_return std::get<1>(both).error();
}

outcome visits(things& all) {
    // An event of the place that it goes to.
    auto stays = []() -> io::task<io::result<void>> {
        io::event here;
        co_return co_await here.wait();
    };
    const auto how = co_await io::on(all.elsewhere, stays());
    co_return how.error();
}

outcome is_finished_by_nobody(things&) {
    io::completion_source<int> source;
    const auto answer = co_await source;
    co_return answer.error();
}

outcome waits_for_a_tick(things&) {
    io::interval hours(1h);
    const auto tick = co_await hours.next();
    co_return tick.error();
}

outcome pauses_before_trying_again(things&) {
    auto fails = []() -> io::task<io::result<int>> { co_return io::error::limit_exceeded; };
    const auto how = co_await io::retry({.first = 1h, .longest = 1h}, fails);
    co_return how.error();
}

outcome takes_peers(things& all) {
    io::multishot peers(io::accept{.socket = all.listener});
    const auto peer = co_await peers.next();
    co_return peer.error();
}

outcome polls_again_and_again(things& all) {
    io::multishot changes(io::poll{.file = all.silent.first});
    const auto change = co_await changes.next();
    co_return change.error();
}

outcome accepts_by_a_listener(things& all) {
    const auto peer = co_await all.tcp.accept();
    co_return peer.error();
}

outcome waits_for_a_message(things&) {
    io::ring_inbox inbox;
    const auto message = co_await inbox.next();
    co_return message.error();
}

outcome waits_for_one_of_words(things& all) {
    const std::array<io::futex_word, 2> words{io::futex_word(all.word, 0), {all.word, 0}};
    const auto woken = co_await io::futex_wait_any{.words = words};
    co_return woken.error();
}

outcome waits_for_epoll(things& all) {
    std::array<epoll_event, 1> events;
    const auto some = co_await io::epoll_wait{.epoll = all.epoll, .events = events};
    co_return some.error();
}

/// One that no task can cancel, but a stop reaches.
outcome waits_for_a_foreign_coroutine(things& all) {
    struct owner {
        detached coroutine;
        ~owner() { coroutine.frame.destroy(); }
    };
    std::error_code how;
    io::event ended;
    auto foreign = [](io::event& what, std::error_code& told, io::event& end) -> detached {
        told = (co_await what.wait()).error();
        end.set();
    };
    const owner kept{foreign(all.happens, how, ended)};
    (void)co_await io::shield(ended.wait());
    co_return how;
}

// clang-format off
constexpr wait_kind kinds[] = {
    {"sleep", [](things&) { return end_of(io::sleep_for(1h)); }},
    {"event", [](things& all) { return end_of(all.happens.wait()); }},
    {"auto_event", [](things& all) { return end_of(all.happens_once.wait()); }},
    {"mutex", [](things& all) { return end_of(all.taken.lock()); }},
    {"shared_mutex", [](things& all) { return end_of(all.shared.lock()); }},
    {"shared_mutex, shared", [](things& all) { return end_of(all.shared.lock_shared()); }},
    {"semaphore", [](things& all) { return end_of(all.units.acquire(2)); }},
    {"condition_variable", waits_with_mutex},
    {"barrier", [](things& all) { return end_of(all.all.arrive_and_wait()); }},
    {"latch", [](things& all) { return end_of(all.count.wait()); }},
    {"channel, send", [](things& all) { return sends(all, all.full); }},
    {"channel, receive", [](things& all) { return end_of(all.empty.receive()); }},
    {"meeting, send", [](things& all) { return sends(all, all.meeting); }},
    {"event, of all threads", [](things& all) { return end_of(all.of_all.happens.wait()); }},
    {"auto_event, of all threads", [](things& all) {
        return end_of(all.of_all.happens_once.wait()); }},
    {"mutex, of all threads", [](things& all) { return end_of(all.of_all.taken.lock()); }},
    {"semaphore, of all threads", [](things& all) { return end_of(all.of_all.units.acquire(2)); }},
    {"latch, of all threads", [](things& all) { return end_of(all.of_all.count.wait()); }},
    {"channel, of all threads, send", [](things& all) { return sends(all, all.of_all.full); }},
    {"channel, of all threads, receive", [](things& all) {
        return end_of(all.of_all.empty.receive()); }},
    {"generator", asks_a_generator},
    {"scope, join", joins},
    {"as_completed", takes_the_next_value},
    {"when_any", waits_for_the_first},
    {"when_any, range", waits_for_the_first_of_many},
    {"select", selects},
    {"when_all", waits_for_all},
    {"within, wait", [](things& all) { return end_of(io::within(1h, all.happens.wait())); }},
    {"within, task", [](things& all) {
        return end_of(io::within(1h, waits_in_a_task(all.happens))); }},
    {"within, operation", [](things& all) {
        const io::receive receive{.socket = all.silent.first, .buffer = all.bytes};
        return end_of(io::within(1h, io::receive(receive))); }},
    {"with_stop", [](things& all) {
        return end_of(io::with_stop(all.stop.get_token(), all.happens.wait())); }},
    {"on", visits},
    {"offload, queued", [](things& all) { return end_of(io::offload(all.pool, [] {})); }},
    {"resolve", [](things& all) {
        return end_of(io::resolve("localhost", "http", {.pool = &all.pool})); }},
    {"child_process, wait", [](things& all) { return end_of(all.sleeper.wait()); }},
    {"completion_source", is_finished_by_nobody},
    {"interval", waits_for_a_tick},
    {"retry", pauses_before_trying_again},
    {"foreign coroutine", waits_for_a_foreign_coroutine},
    {"accept", [](things& all) { return end_of(io::accept{.socket = all.listener}); }},
    {"accept, multishot", takes_peers},
    {"listener", accepts_by_a_listener},
    {"receive", [](things& all) {
        return end_of(io::receive{.socket = all.silent.first, .buffer = all.bytes}); }},
    {"send", [](things& all) {
        return end_of(io::send{.socket = all.congested.second, .buffer = all.bytes}); }},
    {"read", [](things& all) {
        return end_of(io::read{.file = all.pipe.first, .buffer = all.bytes}); }},
    {"poll", [](things& all) { return end_of(io::poll{.file = all.pipe.first}); }},
    {"poll, multishot", polls_again_and_again},
    {"timeout", [](things&) { return end_of(io::timeout{.span = 1h}); }},
    {"ring_inbox", waits_for_a_message},
    {"futex", [](things& all) { return end_of(io::futex_wait{.word = &all.word}); },
        &io::futex_wait::supported},
    {"futex, any", waits_for_one_of_words, &io::futex_wait_any::supported},
    {"waitid", [](things& all) {
        return end_of(io::waitid{.type = P_PID, .id = static_cast<id_t>(all.child.number)}); },
        &io::waitid::supported},
    {"epoll_wait", waits_for_epoll, &io::epoll_wait::supported},
};
// clang-format on

}  // namespace

std::span<const wait_kind> all_wait_kinds() { return kinds; }
