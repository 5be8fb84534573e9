// A program: LISTENER BOARD, descriptors that it inherits. Built twice, once for each of Asio's two
// ways to wait: epoll, and io_uring.
// Nothing is left of it where the library is not there.
#if __has_include(<boost/asio.hpp>)

#include <sys/socket.h>

#include <cstddef>
#include <cstdlib>
#include <utility>

#include <boost/asio.hpp>

#include "bench/echo/board.hpp"

namespace {

namespace asio = boost::asio;

// One thread, so no locks; and types that are known, where Asio's own would be erased.
using executor = asio::io_context::executor_type;
using protocol = asio::generic::stream_protocol;
using acceptor = asio::basic_socket_acceptor<protocol, executor>;
using stream = asio::basic_stream_socket<protocol, executor>;
template <class T>
using task = asio::awaitable<T, executor>;

/// An error is a value of the tuple: none is thrown.
constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> awaited{};

task<void> echo(stream peer, bench::echo_board& board) {
    char buffer[4096];
    for (;;) {
        const auto [refused, received] =
            co_await peer.async_read_some(asio::buffer(buffer), awaited);
        if (refused) co_return;
        const auto [failed, sent] =
            co_await asio::async_write(peer, asio::buffer(buffer, received), awaited);
        if (failed) co_return;
        board.tell(0);
    }
}

task<void> serve(acceptor door, bench::echo_board& board) {
    for (;;) {
        auto [refused, peer] = co_await door.async_accept(awaited);
        if (refused) std::abort();
        asio::co_spawn(door.get_executor(), echo(std::move(peer), board), asio::detached);
    }
}

protocol protocol_of(int listener) {
    sockaddr_storage where{};
    socklen_t size = sizeof where;
    getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size);
    return {where.ss_family, 0};
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    asio::io_context loop(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
    const int listener = std::atoi(words[1]);
    acceptor door(loop, protocol_of(listener), listener);
    asio::co_spawn(loop, serve(std::move(door), bench::board_of(std::atoi(words[2]))),
                   asio::detached);
    loop.run();
}

#endif
