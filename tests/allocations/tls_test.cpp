#include <openssl/crypto.h>

#include <array>
#include <cstdint>
#include <cstdlib>
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

constinit thread_local std::uint64_t openssl_calls = 0;

void* openssl_malloc(std::size_t size, const char*, int) {
    ++openssl_calls;
    return std::malloc(size);
}
void* openssl_realloc(void* memory, std::size_t size, const char*, int) {
    ++openssl_calls;
    return std::realloc(memory, size);
}
void openssl_free(void* memory, const char*, int) { std::free(memory); }

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

struct counts {
    std::uint64_t ours = 0;
    std::uint64_t openssls = 0;
};

/// Of a thousand exchanges.
io::task<counts> count_exchanges() {
    auto pair = make_tcp_pair();
    io::tcp_stream here(std::move(pair.first)), there(std::move(pair.second));
    auto both = co_await io::when_all(
        io::tls_connect(std::move(there), client_context(), {.server_name = "server.test"}),
        io::tls_accept(std::move(here), server_context()));
    tls client = std::move(std::get<0>(both)).value();
    tls server = std::move(std::get<1>(both)).value();
    counts before;
    for (int round = 0; round < 1200; ++round) {
        if (round == 200) before = {counted::allocations(), openssl_calls};
        const bool fine = co_await exchange(client, server);
        if (!fine) FAIL_CHECK("an exchange failed");
    }
    co_return counts{counted::allocations() - before.ours, openssl_calls - before.openssls};
}

}  // namespace

TEST_CASE("an exchange over TLS does not allocate, and neither does OpenSSL") {
    if (!counted::available() || !counted::frames_are_pooled()) {
        MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
        return;
    }
    // Refused once OpenSSL has allocated: nothing before this uses it.
    REQUIRE(::CRYPTO_set_mem_functions(&openssl_malloc, &openssl_realloc, &openssl_free) == 1);

    const counts of_a_thousand = io::run(count_exchanges());

    CHECK(of_a_thousand.ours == 0);
    CHECK(of_a_thousand.openssls == 0);
}
