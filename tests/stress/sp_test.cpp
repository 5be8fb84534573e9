#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
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
