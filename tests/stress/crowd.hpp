#pragma once

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/stream/buffered_reader.hpp"
#include "runtime/event.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

// A server as its user would write it, and a crowd of clients that are none.

/// Both ends of so many connections are in this process.
inline std::uint64_t connections_at_most(std::uint64_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    REQUIRE(limit.rlim_cur >= 400);
    return std::min<std::uint64_t>(wanted, limit.rlim_cur / 2 - 100);
}

namespace crowds {

namespace io = lariat;
using namespace std::chrono_literals;

/// Bytes that were allocated and are not free.
inline std::size_t heap_in_use() {
    const auto all = ::mallinfo2();
    return all.uordblks + all.hblkhd;
}

/// A sanitizer may have an allocator of its own.
inline bool heap_is_seen() {
    const std::size_t before = heap_in_use();
    const auto some = std::make_unique<char[]>(1 << 20);
    return some && heap_in_use() - before >= 1 << 20;
}

/// A busy machine may hold up an honest client for a while.
constexpr auto patience = 1s;

/// Answers each line with itself; a peer that takes too long over one is sent away.
template <class Stream>
io::task<> answer_lines(Stream peer) {
    io::buffered_reader reader(peer, 256);
    for (;;) {
        const auto line = co_await io::within(patience, reader.read_line(100));
        if (!line) co_return;
        const std::string answer = std::string(*line) + '\n';
        const auto sent = co_await io::within(patience, io::write_all(peer, answer));
        if (!sent) co_return;
    }
}

template <class Listener>
io::task<> serve(Listener& door) {
    io::task_scope peers;
    for (;;) {
        auto peer = co_await door.accept();
        if (!peer) break;
        peers.spawn(answer_lines<std::remove_cvref_t<decltype(*peer)>>, *std::move(peer));
    }
    peers.cancel();
    co_await peers.join();
}

struct outcome {
    std::uint64_t silent = 0, dribbling = 0, reset = 0, sent_away = 0;
    std::uint64_t answered = 0, unanswered = 0;
    std::size_t most_heap = 0;
};

/// A client that is none. It goes when it is sent away, or by itself. What it begins to say is no
/// whole line, and no whole hello.
template <class Stream>
io::task<> come(outcome& all, io::task<io::result<Stream>> connecting, std::uint64_t kind,
                std::string_view beginning) {
    auto wire = co_await std::move(connecting);
    if (!wire) co_return;
    if (kind == 0) {
        ++all.silent;
    } else if (kind == 1) {
        ++all.dribbling;
        for (std::size_t at = 0; at < beginning.size(); ++at) {
            const auto sent = co_await io::write_all(*wire, beginning.substr(at, 1));
            if (!sent) break;
            (void)co_await io::sleep_for(10ms);
        }
    } else {
        ++all.reset;
        if constexpr (requires { wire->set_linger(0s); }) (void)wire->set_linger(0s);
        (void)co_await io::write_all(*wire, beginning);
        co_return;
    }
    std::byte room[16];
    for (;;) {
        const auto got = co_await io::within(30s, wire->receive(room));
        if (got.error() == make_error_code(io::error::timed_out)) co_return;
        if (!got || *got == 0) break;
    }
    ++all.sent_away;
}

/// A client that is one. Returns: whether it was answered.
template <class Stream>
io::task<io::result<void>> ask(io::task<io::result<Stream>> connecting) {
    constexpr std::string_view question = "is there anybody\n";
    auto server = co_await io::or_return(co_await std::move(connecting));
    const auto sent = co_await io::write_all(server, question);
    if (!sent) co_return sent.error();
    std::string answer(question.size(), '\0');
    co_await io::or_return(co_await io::read_exactly(server, answer));
    if (answer != question) co_return std::make_error_code(std::errc::bad_message);
    co_return {};
}

/// Asks again and again; and looks what there is of memory.
template <class Connect>
io::task<> ask_meanwhile(outcome& all, Connect& connect, io::event& over) {
    while (!over.is_set()) {
        const auto answered = co_await io::within(5s, ask(connect()));
        ++(answered ? all.answered : all.unanswered);
        all.most_heap = std::max(all.most_heap, heap_in_use());
        (void)co_await io::within(5ms, over.wait());
    }
}

/// Everybody comes, honest ones meanwhile, until all strangers have gone.
/// `dial()` connects a stranger, `connect()` one who asks.
template <class Listener, class Dial, class Connect>
io::task<> besiege(outcome& all, Listener door, Dial dial, Connect connect, std::uint64_t count,
                   std::uint64_t seed, std::string_view beginning) {
    std::mt19937_64 random(seed);
    io::task_scope serving, asking, crowd;
    serving.spawn(serve<Listener>, std::ref(door));
    io::event over;
    asking.spawn(ask_meanwhile<Connect>, std::ref(all), std::ref(connect), std::ref(over));
    for (std::uint64_t i = 0; i < count; ++i)
        crowd.spawn(come(all, dial(), random() % 3, beginning));
    co_await crowd.join();
    over.set();
    co_await asking.join();
    door.close();
    co_await serving.join();
}

/// The server has kept its promises, and the strangers have cost it and this process no more than
/// so many bytes: each of them, and all together by what the server allows.
template <class Siege>
void expect_order(const char* test, std::size_t each, std::size_t together, Siege siege) {
    auto random = seeded(test);
    const std::uint64_t count = connections_at_most(rounds(1000));
    outcome all;
    io::frame_pool::trim();
    const std::size_t heap_before = heap_in_use();
    const std::size_t open_before = open_descriptors();

    io::run(siege(all, count, random()));
    io::frame_pool::trim();

    check_outcomes(test, {{"silent", all.silent},
                          {"dribbling", all.dribbling},
                          {"reset", all.reset},
                          {"answered meanwhile", all.answered}});
    CHECK(all.silent + all.dribbling + all.reset == count);
    CHECK(all.sent_away == all.silent + all.dribbling);
    CHECK(all.answered > 0);
    CHECK(all.unanswered == 0);
    CHECK(open_descriptors() == open_before);
    if (!heap_is_seen()) {
        MESSAGE("memory is not looked at: a sanitizer has the allocator");
        return;
    }
    const std::size_t most = all.most_heap - std::min(all.most_heap, heap_before);
    const std::size_t after = heap_in_use() - std::min(heap_in_use(), heap_before);
    std::cout << test << ": " << most << " bytes meanwhile, " << after << " after" << std::endl;
    CHECK(most <= count * each + together);
    CHECK(after <= 1 << 20);
}

}  // namespace crowds
