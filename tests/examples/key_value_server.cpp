// A key-value server that speaks RESP2, as redis-cli and redis-benchmark do: PING, ECHO, GET, SET,
// DEL, INCR. `key_value_server 127.0.0.1:7000` serves until Ctrl-C; without an address it picks a
// port, serves itself a few requests and ends. Values are in memory, and only there.
#include <signal.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/available.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/examples/key_value/session.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<> stop_on_signal(std::stop_source stop) {
    io::signal_set signals{SIGINT, SIGTERM};  // a second Ctrl-C ends at once
    const auto which = co_await signals.next();
    if (which) stop.request_stop();
}

io::task<io::result<void>> serve_until_signal(io::tcp_listener door) {
    std::stop_source stop;
    io::task_scope watch;
    watch.spawn(stop_on_signal, stop);
    const auto outcome = co_await key_value::serve(std::move(door), stop.get_token());
    watch.cancel();
    co_await watch.join();
    co_return outcome;
}

// What the test runs: commands in one piece and byte by byte, then an end as by Ctrl-C.
io::task<io::result<bool>> ask(io::tcp_stream& peer, std::string_view request,
                               std::string_view expected, bool by_bytes) {
    const std::size_t step = by_bytes ? 1 : request.size();
    for (std::size_t at = 0; at < request.size(); at += step)
        co_await io::or_return(co_await io::write_all(peer, request.substr(at, step)));
    std::string answer(expected.size(), '?');
    co_await io::or_return(co_await io::read_exactly(peer, answer));
    std::cout << answer;
    co_return answer == expected;
}

io::task<io::result<bool>> converse(io::address server) {
    auto peer = co_await io::or_return(co_await io::connect_tcp(server));
    bool good = true;
    for (const bool by_bytes : {false, true}) {
        const auto kept = co_await ask(
            peer, "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$2\r\n41\r\n*2\r\n$4\r\nINCR\r\n$3\r\nkey\r\n",
            "+OK\r\n:42\r\n", by_bytes);
        const auto said =
            co_await ask(peer, "GET key\r\nGET none\r\n", "$2\r\n42\r\n$-1\r\n", by_bytes);
        good = good && kept && *kept && said && *said;
    }
    co_return good;
}

io::task<io::result<void>> talk_and_end(io::address server) {
    const auto good = co_await io::within(10s, converse(server));
    ::raise(SIGTERM);
    if (!good) co_return good.error();
    if (!*good) co_return std::make_error_code(std::errc::protocol_error);
    co_return {};
}

io::task<io::result<void>> try_it(io::tcp_listener door) {
    const auto where = co_await io::or_return(door.local_address());
    const auto both =
        co_await io::when_all(serve_until_signal(std::move(door)), talk_and_end(where));
    const auto& [served, talked] = both;
    co_return served ? talked : served;
}

int failed(std::string_view what, std::error_code why) {
    std::cerr << "key_value_server: " << what << ": " << why.message() << '\n';
    return 1;
}

}  // namespace

int main(int count, char** words) {
    if (const auto uring = io::available(); !uring) {
        std::cerr << uring.reason << '\n';
        return 1;
    }
    const auto where = io::address::parse(count > 1 ? words[1] : "127.0.0.1:0");
    if (!where) return failed("not an address like 127.0.0.1:7000", where.error());
    auto door = io::tcp_listener::open(*where);
    if (!door) return failed("cannot listen", door.error());
    std::cout << "listening on " << *door->local_address() << '\n' << std::flush;

    const auto outcome =
        io::run(count > 1 ? serve_until_signal(*std::move(door)) : try_it(*std::move(door)));
    return outcome ? 0 : failed("stopped serving", outcome.error());
}
