#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "aio/address.hpp"
#include "bench/echo/board.hpp"
#include "bench/echo/child.hpp"
#include "bench/echo/request.hpp"
#include "bench/echo/socket.hpp"

using namespace std::chrono_literals;

namespace {

void echo_once(int peer) {
    char byte = 'x';
    REQUIRE(send(peer, &byte, 1, MSG_NOSIGNAL) == 1);
    REQUIRE(recv(peer, &byte, 1, 0) == 1);
}

}  // namespace

TEST_CASE("the epoll server counts every call that it makes for a connection") {
    const int descriptor = bench::make_board();
    const bench::echo_board& board = bench::board_of(descriptor);
    bench::child server(LARIAT_BENCH,
                        {"serve", "echo.tcp", "--listen", "127.0.0.1:0", "--subject", "epoll",
                         "--board", std::to_string(descriptor)},
                        -1);
    const int peer = bench::connect_to(lariat::address::parse(server.line(60s)).value());

    echo_once(peer);
    // What the turn of the first one took is told before that of the second begins.
    echo_once(peer);

    const std::uint64_t calls = board.system_calls;
    close(peer);
    close(descriptor);
    constexpr std::uint64_t to_begin = 1;   // epoll_ctl
    constexpr std::uint64_t to_accept = 4;  // epoll_wait, accept4, epoll_ctl, accept4
    constexpr std::uint64_t to_echo = 3;    // epoll_wait, recv, send
    constexpr std::uint64_t after_first = to_begin + to_accept + to_echo;
    CHECK((calls == after_first || calls == after_first + to_echo));
}

TEST_CASE("the epoll server keeps what a socket has no room for") {
    bench::child server(
        LARIAT_BENCH,
        {"serve", "echo.unix", "--listen", "unix:@lariat-bench-full-" + std::to_string(getpid()),
         "--subject", "epoll"},
        -1);

    // More on its way on each than a unix socket takes.
    bench::child load(LARIAT_BENCH,
                      {"load", "echo.unix", "--connect", server.line(60s), "--connections", "4",
                       "--depth", "64", "--size", "4096", "--seconds", "0.2", "--figures", "1"},
                      -1);

    CHECK(bench::read_figures(load.line(60s)).messages > 0);
}
