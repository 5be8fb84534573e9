#include "tests/examples/http/session.hpp"

#include <ostream>
#include <stop_token>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "tests/examples/stage.hpp"

namespace io = lariat;

namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string hello =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\n"
    "hello\n";

io::task<io::result<void>> serve(io::tcp_listener door, std::stop_token stop) {
    return http::serve(std::move(door), {}, std::move(stop));
}

}  // namespace

TEST_CASE("a request that does not end in time is answered by 408") {
    stage on;
    std::string first, rest;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        co_await say(peer, get + "GET / HT");
        first = co_await read_some(peer, hello.size());
        rest = co_await on.read_while_time_passes(peer);
    };

    CHECK(on.run(serve, client));

    CHECK(first == hello);
    CHECK(rest.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    CHECK(rest.ends_with("Connection: close\r\n\r\n408 Request Timeout\n"));
}

TEST_CASE("a peer that says nothing more is let go without a word") {
    stage on;
    std::string first, rest;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        co_await say(peer, get);
        first = co_await read_some(peer, hello.size());
        rest = co_await on.read_while_time_passes(peer);
    };

    CHECK(on.run(serve, client));

    CHECK(first == hello);
    CHECK(rest.empty());
}

TEST_CASE("a peer that says too much can still read why it is refused") {
    stage on;
    std::string text;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        const std::string much = get.substr(0, get.size() - 2) + "X: " + std::string(200'000, 'x');
        co_await say(peer, much);
        text = co_await read_all(peer);
    };

    CHECK(on.run(serve, client));

    CHECK(text.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    CHECK(text.ends_with("431 Request Header Fields Too Large\n"));
}

TEST_CASE("a stop ends a kept connection that waits for its peer, and the server") {
    stage on;
    std::string first, rest;
    auto client = [&](io::tcp_stream& peer) -> io::task<> {
        co_await say(peer, get);
        first = co_await read_some(peer, hello.size());
        on.stop.request_stop();
        rest = co_await read_all(peer);
    };

    CHECK(on.run(serve, client));

    CHECK(first == hello);
    CHECK(rest.empty());
}
