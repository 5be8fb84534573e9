#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/stress/crowd.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

struct tally {
    std::atomic<std::uint64_t> answered{0}, late{0}, wrong{0}, lives{0};
    std::atomic<bool> done{false};
};

io::task<> answer(io::rep_socket& door, std::uint64_t seed) {
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
    for (;;) {
        auto asked = co_await door.receive();
        if (!asked) co_return;
        if (random() % 4 == 0) {
            const auto slept = co_await io::sleep_for(std::chrono::microseconds(random() % 200));
            if (!slept) co_return;
        }
        if (random() % 8 == 0) continue;  // Forgotten.
        const auto sent = co_await asked->reply(std::move(asked->what));
        if (!sent) co_return;
    }
}

/// A socket that answers for a while, then another one under the same name.
io::task<> answer_in_many_lives(tally& all, std::string url, std::uint64_t seed) {
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
    while (!all.done) {
        io::rep_socket door;
        const auto listening = co_await door.listen(url);
        if (!listening) co_return;
        ++all.lives;
        io::task_scope answering;
        for (int i = 0; i < 3; ++i) answering.spawn(answer, std::ref(door), random());
        (void)co_await io::sleep_for(std::chrono::microseconds(200 + random() % 4000));
        if (random() % 2 == 0) co_await door.stop();
        answering.cancel();
        co_await answering.join();
    }
}

io::task<> ask(tally& all, io::req_socket& server, std::uint64_t seed, std::uint64_t count) {
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string question = std::to_string(seed) + "/" + std::to_string(i);
        const std::chrono::microseconds patience(random() % 3 == 0 ? random() % 50 : 20'000);
        const auto reply = co_await io::within(patience, server.request(io::message(question)));
        if (!reply)
            ++all.late;
        else if (reply->text() == question)
            ++all.answered;
        else
            ++all.wrong;
    }
}

io::task<> ask_all(tally& all, std::string url, std::uint64_t seed, std::uint64_t count) {
    io::req_options options;
    options.reconnect = {.first = 100us, .growth = 1, .longest = 100us};
    options.resend_after = 2ms;
    io::req_socket server(options);
    if (!server.keep_dialing(url)) co_return;
    io::task_scope asking;
    for (std::uint64_t i = 0; i < 4; ++i)
        asking.spawn(ask, std::ref(all), std::ref(server), seed * 4 + i, count / 4);
    co_await asking.join();
    CHECK(server.outstanding() == 0);
    all.done = true;
}

void race_over(const char* name, const std::string& url, std::uint64_t count) {
    auto random = seeded(name);
    tally all;
    const std::uint64_t seed = random() % 100'000;
    std::thread answering([&] { io::run(answer_in_many_lives(all, url, seed)); });

    io::run(ask_all(all, url, seed, count));
    answering.join();

    CHECK(all.wrong == 0);
    CHECK(all.lives > 1);
    check_outcomes(name, {{"answered", all.answered}, {"late", all.late}});
}

io::task<> answer_all(io::rep_socket& door) {
    for (;;) {
        auto asked = co_await door.receive();
        if (!asked) co_return;
        (void)co_await asked->reply(std::move(asked->what));
    }
}

struct leavers {
    std::atomic<std::uint64_t> refused{0};
    std::atomic<bool> over{false};
};

/// Comes, sends one message and goes, again and again.
io::task<> come_and_go(std::string url, std::uint64_t from, std::uint64_t to, leavers& all) {
    while (from < to && !all.over) {
        io::push_socket own;
        const auto dialed = co_await own.dial(url);
        if (!dialed) {
            ++all.refused;
            (void)co_await io::sleep_for(100us);
            continue;
        }
        const auto sent = co_await own.send(io::message(std::to_string(from)));
        const auto flushed = co_await own.flush();
        if (!sent || !flushed) co_return;
        ++from;
        if (from % 2 == 0) co_await own.stop();
    }
}

/// Returns: how many came that had not come before.
io::task<std::uint64_t> receive_each_once(std::string url, std::uint64_t total,
                                          std::uint64_t seed) {
    std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
    io::pull_socket own({.receive_queue = 3});
    const auto listening = co_await own.listen(url);
    REQUIRE(listening);
    std::vector<bool> came(total);
    std::uint64_t fresh = 0;
    while (fresh < total) {
        const auto got = co_await io::within(30s, own.receive());
        if (!got) break;
        const std::uint64_t number = std::stoull(std::string(got->text()));
        if (number >= total || came[number]) break;
        came[number] = true;
        ++fresh;
        if (random() % 8 == 0) (void)co_await io::sleep_for(50us);
    }
    co_return fresh;
}

struct strangers {
    std::atomic<std::uint64_t> silent{0}, dribbling{0}, reset{0}, left{0}, unanswered{0};
};

/// A client that is none. It goes when it is sent away, or by itself.
io::task<> come_as_a_stranger(strangers& all, io::address where, std::uint64_t kind) {
    auto wire = co_await io::connect_tcp(where);
    if (!wire) co_return;
    std::byte room[16];
    if (kind == 0) {
        ++all.silent;
    } else if (kind == 1) {
        ++all.dribbling;
        constexpr std::string_view greeting("\0SP\0\0\x30", 6);
        for (std::size_t at = 0; at < greeting.size(); ++at) {
            const auto sent = co_await io::write_all(*wire, greeting.substr(at, 1));
            if (!sent) break;
            (void)co_await io::sleep_for(5ms);
        }
    } else {
        ++all.reset;
        (void)wire->set_linger(0s);
        (void)co_await io::write_all(*wire, std::string_view("\0SP\0\0\x30\0\0\0\0", 10));
        co_return;
    }
    for (;;) {
        const auto got = co_await io::within(30s, wire->receive(room));
        if (got.error() == make_error_code(io::error::timed_out)) co_return;
        if (!got || *got == 0) break;
    }
    ++all.left;
}

io::task<> ask_meanwhile(strangers& all, io::req_socket& server, io::event& over) {
    while (!over.is_set()) {
        const auto reply = co_await io::within(5s, server.request(io::message("there?")));
        if (!reply) ++all.unanswered;
        (void)co_await io::within(1ms, over.wait());
    }
}

}  // namespace

TEST_CASE("requests between threads get their own answers, whoever is cancelled or ends") {
    race_over("sp between threads", "inproc://stress", rounds(40'000));
}

TEST_CASE("requests over a socket get their own answers, whoever is cancelled or ends") {
    race_over("sp over a socket", "abstract://lariat-stress-" + std::to_string(::getpid()),
              rounds(20'000));
}

TEST_CASE("what many push from many threads arrives once, each one's in order") {
    constexpr int pushers = 3;
    const std::uint64_t count = rounds(60'000);
    std::atomic<int> ended{0};
    auto push = [&](int who) -> io::task<> {
        io::push_socket own;
        if (!own.keep_dialing("inproc://many")) co_return;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto sent =
                co_await own.send(io::message(std::to_string(who) + " " + std::to_string(i)));
            if (!sent) co_return;
        }
        (void)co_await own.flush();
        ++ended;
    };
    auto pull = [&]() -> io::task<std::uint64_t> {
        io::pull_socket own({.receive_queue = 7});
        const auto listening = co_await own.listen("inproc://many");
        REQUIRE(listening);
        std::uint64_t next[pushers] = {};
        std::uint64_t received = 0;
        while (received < pushers * count) {
            const auto got = co_await io::within(30s, own.receive());
            if (!got) break;
            const int who = got->text()[0] - '0';
            if (got->text().substr(2) != std::to_string(next[who]++)) break;
            ++received;
        }
        co_return received;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < pushers; ++i) threads.emplace_back([&, i] { io::run(push(i)); });

    const std::uint64_t received = io::run(pull());
    for (auto& each : threads) each.join();

    CHECK(received == pushers * count);
    CHECK(ended == pushers);
}

TEST_CASE("what many send that come and go arrives once, while others wait at the door") {
    auto random = seeded("sp come and go");
    constexpr std::uint64_t comers = 3;
    const std::uint64_t count = rounds(3000);
    for (const std::string& url : {std::string("inproc://come and go"),
                                   "abstract://lariat-leavers-" + std::to_string(::getpid())}) {
        CAPTURE(url);
        leavers all;
        std::vector<std::thread> threads;
        for (std::uint64_t i = 0; i < comers; ++i) {
            threads.emplace_back(
                [&, i] { io::run(come_and_go(url, i * count, (i + 1) * count, all)); });
        }

        const std::uint64_t received = io::run(receive_each_once(url, comers * count, random()));
        all.over = true;
        for (auto& each : threads) each.join();

        MESSAGE(url << ": " << received << " came, " << all.refused.load() << " times refused");
        CHECK(received == comers * count);
    }
}

TEST_CASE("a crowd that is silent, dribbles or resets disturbs nobody, and is sent away") {
    auto random = seeded("sp strangers");
    strangers all;
    const std::uint64_t count = connections_at_most(rounds(1000));
    auto body = [&]() -> io::task<> {
        io::rep_options options;
        options.greeting_limit = 200ms;
        io::rep_socket door(options);
        const auto url = co_await door.listen("tcp://127.0.0.1:0");
        io::req_socket server;
        const auto dialed = co_await server.dial(url.value());
        REQUIRE(dialed);
        io::task_scope answering;
        for (int i = 0; i < 3; ++i) answering.spawn(answer_all, std::ref(door));
        io::event over;
        io::task_scope asking;
        asking.spawn(ask_meanwhile, std::ref(all), std::ref(server), std::ref(over));

        const auto where = io::address::parse(url->substr(std::string_view("tcp://").size()));
        io::task_scope crowd;
        for (std::uint64_t i = 0; i < count; ++i)
            crowd.spawn(come_as_a_stranger, std::ref(all), *where, random() % 3);
        co_await crowd.join();

        over.set();
        co_await asking.join();
        while (door.peer_count() > 1) (void)co_await io::sleep_for(1ms);
        CHECK(door.peer_count() == 1);
        answering.cancel();
        co_await answering.join();
    };

    io::run(body());

    CHECK(all.silent + all.dribbling + all.reset == count);
    CHECK(all.left == all.silent + all.dribbling);
    CHECK(all.unanswered == 0);
    check_outcomes("sp strangers",
                   {{"silent", all.silent}, {"dribbling", all.dribbling}, {"reset", all.reset}});
}
