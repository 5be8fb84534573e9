#include "tests/examples/key_value/session.hpp"

#include <ostream>
#include <stop_token>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "tests/examples/stage.hpp"

namespace io = lariat;
using key_value::serve;

TEST_CASE("a command that does not end in time ends its connection") {
    stage on;
    std::string first, rest;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        co_await say(peer, "PING\r\n*1\r\n$4\r\nPI");
        first = co_await read_some(peer, 7);
        rest = co_await on.read_while_time_passes(peer);
    };

    CHECK(on.run(serve, client));

    CHECK(first == "+PONG\r\n");
    CHECK(rest.empty());
}

TEST_CASE("a malformed command is answered, and ends its connection") {
    stage on;
    std::string text;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        co_await say(peer, "PING\r\n*1\r\nPING\r\nPING\r\n");
        text = co_await read_all(peer);
    };

    CHECK(on.run(serve, client));

    CHECK(text == "+PONG\r\n-ERR Protocol error: expected '$'\r\n");
}

TEST_CASE("answers much longer than their commands all arrive") {
    stage on;
    constexpr int times = 40;
    const std::string value(1024 * 1024, 'v');
    std::string text;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        const auto size = std::to_string(value.size());
        const std::string set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + size + "\r\n" + value + "\r\n";
        co_await say(peer, set);
        std::string gets;
        for (int i = 0; i < times; ++i) gets += "GET k\r\n";
        co_await say(peer, gets + "QUIT\r\n");
        text = co_await read_all(peer);
    };

    CHECK(on.run(serve, client));

    const std::string bulk = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
    std::string expected = "+OK\r\n";
    for (int i = 0; i < times; ++i) expected += bulk;
    CHECK((text == expected + "+OK\r\n"));
}

TEST_CASE("a stop ends a quiet connection that waits for its peer, and the server") {
    stage on;
    std::string first, rest;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        co_await say(peer, "PING\r\n");
        first = co_await read_some(peer, 7);
        on.stop.request_stop();
        rest = co_await read_all(peer);
    };

    CHECK(on.run(serve, client));

    CHECK(first == "+PONG\r\n");
    CHECK(rest.empty());
}
