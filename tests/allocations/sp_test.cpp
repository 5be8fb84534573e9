#include <chrono>
#include <cstdint>
#include <deque>
#include <ostream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "aio/sp/pair_socket.hpp"
#include "aio/sp/pub_socket.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/sp/rep_socket.hpp"
#include "aio/sp/req_socket.hpp"
#include "aio/sp/sub_socket.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/within.hpp"
#include "tests/aio/sp/linked.hpp"
#include "tests/allocations/counted.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

/// Runs `step` often enough for what is recycled to be there, then counts.
template <class Step>
io::task<std::uint64_t> allocations_of(Step& step) {
    for (int round = 0; round < 300; ++round) co_await step();
    const auto before = counted::allocations();
    for (int round = 0; round < 1000; ++round) co_await step();
    co_return counted::allocations() - before;
}

bool skipped() {
    if (counted::available() && counted::frames_are_pooled()) return false;
    MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
    return true;
}

constexpr const char* urls[] = {"inproc://allocations", "tcp://127.0.0.1:0"};

io::task<> connect(io::sp_socket& one, io::sp_socket& other, const char* url) {
    const auto listening = co_await one.listen(url);
    REQUIRE(listening);
    const auto dialed = co_await other.dial(*listening);
    REQUIRE(dialed);
    const auto there = co_await one.wait_for_peers();
    REQUIRE(there);
}

template <class From, class To>
io::task<> carry(From& from, To& to, std::size_t size) {
    const auto sent = co_await from.send(io::message(size));
    if (!sent) FAIL_CHECK("a send failed");
    const auto got = co_await io::within(10s, to.receive());
    if (!got || got->size() != size) FAIL_CHECK("a receive failed");
}

io::task<> answer_all(io::rep_socket& by) {
    for (;;) {
        auto asked = co_await by.receive();
        if (!asked) co_return;
        const auto sent = co_await asked->reply(std::move(asked->what));
        if (!sent) co_return;
    }
}

/// What a client says that is none: nothing, the beginning of a greeting, something else, or a
/// greeting and then a length that no memory has room for.
constexpr std::string_view said_by_strangers[] = {
    ""sv,
    "\0S"sv,
    "GET / HTTP/1.1\r\n\r\n"sv,
    "\0SP\0\0\x30\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"sv,
};

io::task<bool> is_answered(io::req_socket& asking) {
    const auto reply = co_await asking.request(io::message("still there?"));
    co_return reply && reply->text() == "still there?";
}

}  // namespace

TEST_CASE("a small message through push and pull allocates nothing") {
    if (skipped()) return;
    for (const char* const url : urls) {
        CAPTURE(std::string(url));
        auto body = [&]() -> io::task<std::uint64_t> {
            io::push_socket push;
            io::pull_socket pull;
            co_await connect(pull, push, url);
            auto step = [&] { return carry(push, pull, 64); };
            const auto count = co_await allocations_of(step);
            co_return count;
        };

        CHECK(io::run(body()) == 0);
    }
}

TEST_CASE("a small message that is published to two allocates nothing") {
    if (skipped()) return;
    for (const char* const url : urls) {
        CAPTURE(std::string(url));
        auto body = [&]() -> io::task<std::uint64_t> {
            io::pub_socket pub;
            io::sub_socket one;
            io::sub_socket other;
            one.subscribe("");
            other.subscribe("");
            const auto listening = co_await pub.listen(url);
            REQUIRE(listening);
            for (io::sub_socket* each : {&one, &other}) {
                const auto dialed = co_await each->dial(*listening);
                REQUIRE(dialed);
            }
            const auto there = co_await pub.wait_for_peers(2);
            REQUIRE(there);
            auto step = [&]() -> io::task<> {
                co_await carry(pub, one, 64);
                const auto got = co_await other.receive();
                if (!got) FAIL_CHECK("a receive failed");
            };
            const auto count = co_await allocations_of(step);
            co_return count;
        };

        CHECK(io::run(body()) == 0);
    }
}

TEST_CASE("a request and its reply allocate nothing") {
    if (skipped()) return;
    for (const char* const url : urls) {
        CAPTURE(std::string(url));
        auto body = [&]() -> io::task<std::uint64_t> {
            io::rep_socket rep;
            io::req_socket req;
            co_await connect(rep, req, url);
            io::task_scope answering;
            answering.spawn(answer_all, std::ref(rep));
            auto step = [&]() -> io::task<> {
                const auto reply = co_await io::within(10s, req.request(io::message(64)));
                if (!reply) FAIL_CHECK("a request failed");
            };
            const auto count = co_await allocations_of(step);
            answering.cancel();
            co_await answering.join();
            co_return count;
        };

        CHECK(io::run(body()) == 0);
    }
}

TEST_CASE(
    "a thousand strangers take little memory, disturb nobody, and are gone after 10 seconds") {
    if (skipped()) return;
    constexpr std::size_t strangers = 1000;
    sp_net net;
    io::rep_socket rep;
    io::req_socket req;
    net.connect(rep, req, way::wire);
    io::testing::running answering(net.at, answer_all(rep));
    std::deque<io::testing::stream_pair> wires;
    for (std::size_t i = 0; i < strangers; ++i) wires.emplace_back(64);
    io::frame_pool::trim();
    const std::int64_t before = counted::alive();
    counted::forget_largest();

    std::deque<io::testing::running<std::error_code>> joining;
    for (std::size_t i = 0; i < strangers; ++i) {
        joining.emplace_back(net.at, error_of_adopt(rep, wires[i].left(), io::sp_mapping::tcp));
        net.run(write_raw(wires[i].right(), said_by_strangers[i % 4]));
        if (i % 8 == 7) wires[i].right().close();
    }
    const std::int64_t meanwhile = counted::alive() - before;
    for (std::size_t second = 0; second < 10; ++second) {
        CHECK(net.run(is_answered(req)));
        // Some go on, byte by byte.
        if (second < 5)
            for (std::size_t i = 1; i < strangers; i += 4)
                net.run(write_raw(wires[i].right(), "P\0\0\x30\0"sv.substr(second, 1)));
        net.at.advance(1s);
    }

    MESSAGE("blocks for each: " << meanwhile / static_cast<std::int64_t>(strangers));
    CHECK(meanwhile < static_cast<std::int64_t>(strangers) * 24);
    CHECK(counted::largest() <= 64 * 1024);
    for (auto& each : joining) CHECK(each.done());
    joining.clear();
    CHECK(rep.peer_count() == 1);
    CHECK(net.run(is_answered(req)));
    io::frame_pool::trim();
    CHECK(counted::alive() - before < 20);  // What queues have grown by is kept.
}
