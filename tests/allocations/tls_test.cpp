#include <array>
#include <cstdint>
#include <ostream>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/transport/tls_material.hpp"
#include "tests/allocations/counted.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using tls = io::tls_stream<io::tcp_stream>;

/// There and back, in messages that do not fit in one record.
io::task<bool> exchange(tls& client, tls& server) {
    static std::array<char, 20'000> sent{}, got{};
    const auto there = co_await io::when_all(io::write_all(client, sent),
                                             io::within(10s, io::read_exactly(server, got)));
    const auto back =
        co_await io::when_all(io::write_all(server, got), io::read_exactly(client, sent));
    co_return std::get<0>(there) && std::get<1>(there) && std::get<0>(back) && std::get<1>(back);
}

/// Of a thousand exchanges.
io::task<std::uint64_t> count_exchanges() {
    auto pair = make_tcp_pair();
    io::tcp_stream here(std::move(pair.first)), there(std::move(pair.second));
    auto both = co_await io::when_all(
        io::tls_connect(std::move(there), client_context(), {.server_name = "server.test"}),
        io::tls_accept(std::move(here), server_context()));
    tls client = std::move(std::get<0>(both)).value();
    tls server = std::move(std::get<1>(both)).value();
    std::uint64_t before = 0;
    for (int round = 0; round < 1200; ++round) {
        if (round == 200) before = counted::allocations();
        const bool fine = co_await exchange(client, server);
        if (!fine) FAIL_CHECK("an exchange failed");
    }
    co_return counted::allocations() - before;
}

}  // namespace

// OpenSSL asks malloc for some of each record, which is not counted here.
TEST_CASE("an exchange over TLS allocates nothing") {
    if (!counted::available() || !counted::frames_are_pooled()) {
        MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
        return;
    }

    const std::uint64_t of_a_thousand = io::run(count_exchanges());

    CHECK(of_a_thousand == 0);
}
