#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "aio/address.hpp"
#include "bench/echo/child.hpp"
#include "bench/echo/request.hpp"
#include "bench/echo/socket.hpp"

using namespace std::chrono_literals;

namespace {

bench::child server_over_tls(const char* subject) {
    return {
        LARIAT_BENCH, {"serve", "echo.tls", "--listen", "127.0.0.1:0", "--subject", subject}, -1};
}

/// For longer and longer, until a machine that is busy with other things has answered something.
bench::load_result load_over_tls(const std::string& address, const char* size) {
    for (double seconds = 0.05;; seconds *= 4) {
        bench::child load(
            LARIAT_BENCH,
            {"load", "echo.tls", "--connect", address, "--connections", "3", "--depth", "4",
             "--size", size, "--seconds", std::to_string(seconds), "--figures", "1"},
            -1);
        const auto got = bench::read_figures(load.line(60s));
        if (got.messages > 0 || seconds > 10) return got;
    }
}

/// Returns: what a server says to who speaks no TLS, until it ends the connection.
std::string answer_to_plain_words(const lariat::address& where) {
    const int peer = bench::connect_to(where);
    const std::string words(64, 'm');
    CHECK(send(peer, words.data(), words.size(), MSG_NOSIGNAL) == 64);
    std::string said;
    char buffer[256];
    for (ssize_t count; (count = recv(peer, buffer, sizeof buffer, 0)) > 0;)
        said.append(buffer, static_cast<std::size_t>(count));
    close(peer);
    return said;
}

}  // namespace

TEST_CASE("each server of TLS answers a load of another process, in small messages and large") {
    for (const char* subject : {"raw", "lariat"}) {
        CAPTURE(subject);
        bench::child server = server_over_tls(subject);
        const std::string where = server.line(60s);

        for (const char* size : {"1", "64", "4096"}) {
            const auto got = load_over_tls(where, size);

            CHECK(got.messages > 0);
            CHECK(got.p50 > 0);
        }
    }
}

TEST_CASE("a server of TLS ends a connection without TLS, and serves the others") {
    for (const char* subject : {"raw", "lariat"}) {
        CAPTURE(subject);
        bench::child server = server_over_tls(subject);
        const std::string where = server.line(60s);

        const std::string said = answer_to_plain_words(lariat::address::parse(where).value());
        const auto got = load_over_tls(where, "64");

        CHECK(said.find('m') == std::string::npos);
        CHECK(got.messages > 0);
    }
}

TEST_CASE("a load over TLS ends where no server speaks it") {
    bench::child server(LARIAT_BENCH, {"serve", "echo.tcp", "--listen", "127.0.0.1:0"}, -1);
    bench::child load(LARIAT_BENCH,
                      {"load", "echo.tls", "--connect", server.line(60s), "--figures", "1"}, -1);

    CHECK(load.output(60s).empty());
}
