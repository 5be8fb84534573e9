// `tcp_proxy LISTEN TARGET` passes bytes on, both ways; when one side ends, the other is cancelled.
// Without arguments it stands between a client and a server of its own.
#include <signal.h>

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "aio/stream/copy.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<> connect_both(io::tcp_stream client, io::address target) {
    auto server = co_await io::within(5s, io::connect_tcp(target));
    if (!server) co_return;
    // Whichever way ends first cancels the other; both have ended when this returns.
    (void)co_await io::when_any(io::copy(client, *server), io::copy(*server, client));
}

io::task<io::result<void>> proxy(io::tcp_listener door, io::address target) {
    io::signal_set signals{SIGINT, SIGTERM};
    io::task_scope connections;
    io::result<void> outcome;
    for (;;) {
        auto next = co_await io::when_any(door.accept(), signals.next());
        if (next.index == 1) break;
        auto& client = next.get<0>();
        if (!client) {
            outcome = client.error();
            break;
        }
        connections.spawn(connect_both, *std::move(client), target);
    }
    door.close();
    co_await connections.drain(5s);
    co_return outcome;
}

// What the test runs: a server that says goodbye to its only client, who does not hang up.
io::task<io::result<void>> say_goodbye(io::tcp_listener door) {
    auto client = co_await io::or_return(co_await door.accept());
    char greeting[5];
    co_await io::or_return(co_await io::read_exactly(client, greeting));
    co_await io::or_return(co_await io::write_all(client, "goodbye"));
    co_return {};
}

io::task<io::result<std::string>> hear_goodbye(io::address proxy_address) {
    auto peer = co_await io::or_return(co_await io::connect_tcp(proxy_address));
    co_await io::or_return(co_await io::write_all(peer, "hello"));
    const auto heard = co_await io::or_return(co_await io::read_to_end(peer, 1024));
    ::raise(SIGTERM);
    co_return std::string(reinterpret_cast<const char*>(heard.data()), heard.size());
}

io::task<io::result<std::string>> try_it() {
    auto target = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto target_address = co_await io::or_return(target.local_address());
    const auto proxy_address = co_await io::or_return(door.local_address());
    auto all = co_await io::when_all(proxy(std::move(door), target_address),
                                     say_goodbye(std::move(target)), hear_goodbye(proxy_address));
    auto& [proxied, served, heard] = all;
    if (!proxied) co_return proxied.error();
    if (!served) co_return served.error();
    co_return heard;
}

int failed(std::string_view what, std::error_code why) {
    std::cerr << "tcp_proxy: " << what << ": " << why.message() << '\n';
    return 1;
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        const auto heard = io::run(try_it());
        if (!heard) return failed("the test", heard.error());
        std::cout << "heard: " << *heard << '\n';
        return *heard == "goodbye" ? 0 : 1;
    }
    const auto where = io::address::parse(words[1]);
    const auto target = io::address::parse(words[2]);
    if (!where) return failed(words[1], where.error());
    if (!target) return failed(words[2], target.error());
    auto door = io::tcp_listener::open(*where);
    if (!door) return failed("cannot listen", door.error());
    const auto outcome = io::run(proxy(*std::move(door), *target));
    return outcome ? 0 : failed("stopped", outcome.error());
}
