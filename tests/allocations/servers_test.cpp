#include <cstddef>
#include <cstdint>
#include <ostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/examples/http/session.hpp"
#include "tests/examples/key_value/session.hpp"

namespace io = lariat;

namespace {

struct exchange {
    std::string question;
    std::size_t answer;  ///< Bytes.
};

/// Returns: how often `operator new` was called in a thousand exchanges, by both sides.
io::task<io::result<std::uint64_t>> count(io::address server, const exchange& what,
                                          std::stop_source stop) {
    char answer[512];
    std::uint64_t before = 0;
    auto peer = co_await io::or_return(co_await io::connect_tcp(server));
    for (int round = 0; round < 1100; ++round) {
        if (round == 100) before = counted::allocations();  // what is recycled is there
        co_await io::or_return(co_await io::write_all(peer, what.question));
        co_await io::or_return(
            co_await io::read_exactly(peer, io::buffer_view(answer, what.answer)));
    }
    const auto after = counted::allocations();
    stop.request_stop();
    co_return after - before;
}

template <class Serve>
std::uint64_t allocations_of(Serve serve, const exchange& what) {
    auto body = [&]() -> io::task<io::result<std::uint64_t>> {
        auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
        const auto where = co_await io::or_return(door.local_address());
        std::stop_source stop;
        const auto both = co_await io::when_all(serve(std::move(door), stop.get_token()),
                                                count(where, what, stop));
        const auto& [served, counted] = both;
        co_await io::or_return(served);
        co_return counted;
    };
    return io::run(body()).value();
}

/// Without a pool each frame is an allocation: then there is nothing to assert.
bool skipped() {
    if (counted::available() && counted::frames_are_pooled()) return false;
    MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
    return true;
}

}  // namespace

TEST_CASE("the example of a key-value server allocates nothing per command") {
    if (skipped()) return;
    const std::string get = "*2\r\n$3\r\nGET\r\n$7\r\ncounter\r\n";
    const std::string set = "*3\r\n$3\r\nSET\r\n$7\r\ncounter\r\n$4\r\n1000\r\n";
    const std::string increment = "*2\r\n$4\r\nINCR\r\n$7\r\ncounter\r\n";
    const exchange what{set + get + increment + "PING\r\n", 5 + 10 + 7 + 7};

    CHECK(allocations_of(&key_value::serve, what) == 0);
}

TEST_CASE("the example of an HTTP server allocates nothing per request") {
    if (skipped()) return;
    const std::string get = "GET / HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n\r\n";
    const std::string_view answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
        "6\r\n\r\nhello\n";
    const exchange what{get + get, 2 * answer.size()};
    auto serve = [](io::tcp_listener door, std::stop_token stop) {
        return http::serve(std::move(door), {}, std::move(stop));
    };

    CHECK(allocations_of(serve, what) == 0);
}
