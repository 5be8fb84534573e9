// An echo server. `echo_server 127.0.0.1:7000` serves until Ctrl-C; without an address it picks a
// port, talks to itself once and ends.
#include <signal.h>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <span>
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
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<> serve(io::tcp_stream peer) {
    std::byte buffer[4096];
    for (;;) {
        auto got = co_await io::within(30s, peer.receive(buffer));
        if (!got || *got == 0) co_return;  // idle, reset, done or stopping
        if (!co_await io::write_all(peer, std::span(buffer).first(*got))) co_return;
    }
}

io::task<io::result<void>> echo(io::tcp_listener door) {
    io::signal_set signals{SIGINT, SIGTERM};  // a second Ctrl-C ends at once
    io::task_scope peers;
    io::result<void> outcome;
    for (;;) {
        auto next = co_await io::when_any(door.accept(), signals.next());
        if (next.index == 1) break;
        auto& peer = next.get<0>();
        if (!peer) {  // EMFILE and ECONNABORTED are not seen here: accept waits and goes on
            outcome = peer.error();
            break;
        }
        peers.spawn(serve, *std::move(peer));
    }
    door.close();
    co_await peers.drain(5s);
    co_return outcome;
}

// What the test runs: a client beside the server, which then asks it to end as Ctrl-C would.
io::task<io::result<void>> greet(io::address server) {
    constexpr std::string_view greeting = "hello, ring";
    std::string answer(greeting.size(), '?');
    auto peer = co_await io::connect_tcp(server);
    if (peer && co_await io::write_all(*peer, greeting)) {
        if (co_await io::read_exactly(*peer, answer)) std::cout << "echoed: " << answer << '\n';
    }
    ::raise(SIGTERM);
    if (answer != greeting) co_return std::make_error_code(std::errc::protocol_error);
    co_return {};
}

io::task<io::result<void>> try_it(io::tcp_listener door) {
    const auto where = co_await io::or_return(door.local_address());
    const auto both = co_await io::when_all(echo(std::move(door)), greet(where));
    const auto& [served, greeted] = both;
    co_return served ? greeted : served;
}

int failed(std::string_view what, std::error_code why) {
    std::cerr << "echo_server: " << what << ": " << why.message() << '\n';
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

    const auto outcome = io::run(count > 1 ? echo(*std::move(door)) : try_it(*std::move(door)));
    return outcome ? 0 : failed("stopped serving", outcome.error());
}
