#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>

#include <doctest/doctest.h>

#include "aio/address.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "tests/peers/nng_party.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("manners");

TEST_CASE("NNG hears us out when our bytes come one by one") {
    auto body = []() -> io::task<> {
        nng_party theirs(&nng_pull0_open);
        const std::string url = theirs.listen("tcp://127.0.0.1:0");
        const auto where = io::address::parse(url.substr(std::string_view("tcp://").size()));
        auto wire = co_await io::connect_tcp(where.value());
        REQUIRE(wire);
        constexpr std::string_view bytes(
            "\0SP\0\0\x50\0\0"
            "\0\0\0\0\0\0\0\5drops"
            "\0\0\0\0\0\0\0\0"
            "\0\0\0\0\0\0\0\4more",
            41);

        for (std::size_t at = 0; at < bytes.size(); ++at) {
            const auto sent = co_await io::write_all(*wire, bytes.substr(at, 1));
            CHECK(sent);
            (void)co_await io::sleep_for(1ms);
        }

        CHECK(theirs.receive() == "drops");
        CHECK(theirs.receive().empty());
        CHECK(theirs.receive() == "more");
    };

    io::run(body());
}

TEST_CASE("we find an NNG again that was lost and has come back") {
    auto body = []() -> io::task<> {
        io::push_socket ours({.reconnect = {.first = 1ms, .growth = 1, .longest = 10ms}});
        std::string url;
        {
            nng_party first(&nng_pull0_open);
            url = first.listen("tcp://127.0.0.1:0");
            CHECK(ours.keep_dialing(url));
            const auto there = co_await io::within(10s, ours.wait_for_peers());
            REQUIRE(there);
            (void)co_await ours.send(io::message("one"));
            (void)co_await io::within(10s, ours.flush());
            CHECK(first.receive() == "one");
        }
        for (int i = 0; i < 10'000 && ours.peer_count() > 0; ++i) (void)co_await io::sleep_for(1ms);
        REQUIRE(ours.peer_count() == 0);
        nng_party second(&nng_pull0_open);
        REQUIRE(second.listen_again(url));

        const auto again = co_await io::within(10s, ours.wait_for_peers());
        (void)co_await ours.send(io::message("two"));
        const auto flushed = co_await io::within(10s, ours.flush());

        CHECK(again);
        CHECK(flushed);
        CHECK(second.receive() == "two");
    };

    io::run(body());
}

TEST_SUITE_END();
