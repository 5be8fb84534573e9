// A transport of one's own, and the contract's rules about transports, run on it. It needs nothing
// but Lariat as it is installed.
#include "throttle/throttled_stream.hpp"

#include <chrono>
#include <iostream>
#include <string>
#include <utility>

#include "aio/testing/transport_suite.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace throttle {

using door = throttled_listener<io::tcp_listener>;
using line = throttled_stream<io::tcp_stream>;

/// What the suite needs to know of a transport: how to listen, how to dial, what it can do.
struct throttled_subject {
    static constexpr io::testing::transport_traits traits{.listens = true,
                                                          .ends = true,
                                                          .half_close = true,
                                                          .resets = false,
                                                          .descriptors = true,
                                                          .refuses = false,
                                                          .black_hole = false,
                                                          .takes_names = false,
                                                          .long_names = false,
                                                          .outlived = false};
    static constexpr limit fast{.bytes_per_second = 100'000'000};

    io::task<io::result<door>> listen() {
        auto inner = io::tcp_listener::open(io::address::loopback(0));
        if (!inner) co_return inner.error();
        co_return door(*std::move(inner), fast);
    }

    io::task<io::result<line>> dial(door& to) {
        const auto where = to.local_address();
        if (!where) co_return where.error();
        auto inner = co_await io::connect_tcp(*where);
        if (!inner) co_return inner.error();
        co_return line(*std::move(inner), fast);
    }
};

/// Returns: how long 30,000 bytes take where 100,000 go in a second, 10,000 of them at once.
io::task<io::result<io::duration>> takes_its_time() {
    auto listener = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(listener.local_address());
    auto both = co_await io::when_all(listener.accept(), io::connect_tcp(where));
    auto here = co_await io::or_return(std::move(std::get<0>(both)));
    auto there = co_await io::or_return(std::move(std::get<1>(both)));
    line slow(std::move(here), {.bytes_per_second = 100'000, .most_at_once = 10'000});
    const std::string bytes(30'000, 'x');
    std::string arrived(bytes.size(), ' ');

    const auto start = io::home::current().now();
    const auto done =
        co_await io::when_all(io::write_all(slow, bytes), io::read_exactly(there, arrived));
    co_await io::or_return(std::get<0>(done));
    co_await io::or_return(std::get<1>(done));
    co_return io::home::current().now() - start;
}

}  // namespace throttle

int main() {
    const auto span = io::run(throttle::takes_its_time());
    const bool slow = span && *span >= 200ms;
    std::cout << "30,000 bytes took "
              << (span ? std::chrono::duration_cast<std::chrono::milliseconds>(*span).count() : 0)
              << " ms\n";

    const auto report = io::testing::run_transport_suite<throttle::throttled_subject>();
    for (const auto& failure : report.failures) std::cout << failure << '\n';
    std::cout << report.kept << " rules kept, " << report.failures.size() << " broken\n";
    return slow && report.failures.empty() ? 0 : 1;
}
