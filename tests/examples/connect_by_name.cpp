// `connect_by_name HOST SERVICE` connects to a service by name, whichever of its addresses answers
// first, and says where it came out. Without arguments it does so with a listener of its own.
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/resolve.hpp"
#include "aio/stream.hpp"
#include "aio/transport/happy_eyeballs.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

std::string explain(std::error_code why) {
    if (why == io::resolve_error::unknown_host) return "there is no host of that name";
    if (why == io::resolve_error::unknown_service) return "there is no service of that name";
    if (why == io::resolve_error::try_again) return "no name server answers";
    if (why == io::error::timed_out) return "it took too long";
    return why.message();
}

/// All that a name leads to, in the order in which `connect_tcp` would try it.
io::task<io::result<void>> print_addresses(std::string host, std::string service) {
    const auto found = co_await io::or_return(
        co_await io::within(5s, io::resolve(std::move(host), std::move(service))));
    for (const auto& where : io::interleave_families(found)) std::cout << "  " << where << '\n';
    co_return {};
}

/// The name is looked up and its addresses are tried, all within one limit.
io::task<io::result<io::tcp_stream>> connect(std::string host, std::string service) {
    std::cout << host << ' ' << service << ":\n";
    co_await io::or_return(co_await print_addresses(host, service));
    auto peer = co_await io::or_return(
        co_await io::within(10s, io::connect_tcp(std::move(host), std::move(service))));
    const auto where = co_await io::or_return(peer.peer_address());
    std::cout << "connected to " << where << '\n';
    co_return peer;
}

// What the test runs.
io::task<> greet_one(io::tcp_listener& door) {
    auto peer = co_await door.accept();
    if (peer) (void)co_await io::write_all(*peer, "welcome\n");
}

io::task<io::result<bool>> try_it() {
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    io::task_scope greeting;
    greeting.spawn(greet_one, std::ref(door));

    auto peer = co_await io::or_return(co_await connect("localhost", std::to_string(where.port())));
    const auto greeting_text = co_await io::or_return(co_await io::read_to_end(peer, 100));
    const auto nowhere = co_await connect("localhost", "no-such-service");
    std::cout << explain(nowhere.error()) << '\n';
    co_return greeting_text.size() == 8 && nowhere.error().category() == io::resolve_category();
}

io::task<io::result<bool>> connect_only(std::string host, std::string service) {
    const auto peer = co_await connect(std::move(host), std::move(service));
    if (!peer) co_return peer.error();
    co_return true;
}

}  // namespace

int main(int count, char** words) {
    const auto good = io::run(count == 3 ? connect_only(words[1], words[2]) : try_it());
    if (!good) std::cerr << "connect_by_name: " << explain(good.error()) << '\n';
    return good && *good ? 0 : 1;
}
