#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "aio/descriptor.hpp"
#include "aio/op/socket.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"
#include "bench/tls/connection.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace bench {
namespace {

/// What the connections share.
struct shared {
    const lariat::tls_context rules;
    const lariat::ring* kernel;
    echo_board* board;
};

/// One task per connection, one operation at a time: what a newcomer would write.
lariat::task<> echo(lariat::descriptor socket, const shared* with) {
    lariat::tcp_stream below(std::move(socket));
    auto peer = co_await lariat::tls_accept(std::move(below), with->rules);
    if (!peer) co_return;
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const auto received = co_await peer->receive(buffer);
        if (!received || *received == 0) co_return;
        const auto sent = co_await lariat::write_all(*peer, std::span(buffer).first(*received));
        if (!sent) co_return;
        with->board->tell(with->kernel->system_calls());
    }
}

lariat::task<> serve_all(int listener, const shared* with) {
    lariat::task_scope peers;
    for (;;) {
        auto peer = co_await lariat::accept{.socket = listener};
        peers.spawn(echo(std::move(peer).value(), with));
    }
}

}  // namespace

void serve_lariat_tls(int listener, echo_board& board) {
    lariat::scheduler loop;
    const lariat::tls_server_options options{
        .certificate = {.text = tls_credentials().certificate},
        .key = {.text = tls_credentials().key},
        .minimum = lariat::tls_version::tls13,
    };
    const shared with{lariat::tls_context::server(options).value(), loop.kernel(), &board};
    loop.run(serve_all(listener, &with));
}

}  // namespace bench
