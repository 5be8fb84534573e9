#include <array>
#include <cstddef>
#include <span>

#include "aio/descriptor.hpp"
#include "aio/op/socket.hpp"
#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace bench {
namespace {

/// One task per connection, one operation at a time: what a newcomer would write.
lariat::task<> echo(lariat::descriptor peer, const lariat::ring* kernel, echo_board* board) {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const auto received = co_await lariat::receive{.socket = peer, .buffer = buffer};
        if (!received || *received == 0) co_return;
        std::span<const std::byte> left(buffer.data(), *received);
        while (!left.empty()) {
            const auto sent = co_await lariat::send{.socket = peer, .buffer = left};
            if (!sent) co_return;
            left = left.subspan(*sent);
        }
        board->tell(kernel->system_calls());
    }
}

lariat::task<> serve_all(int listener, const lariat::ring* kernel, echo_board* board) {
    lariat::task_scope peers;
    for (;;) {
        auto peer = co_await lariat::accept{.socket = listener};
        peers.spawn(echo(std::move(peer).value(), kernel, board));
    }
}

}  // namespace

void serve_lariat(int listener, echo_board& board) {
    lariat::scheduler loop;
    loop.run(serve_all(listener, loop.kernel(), &board));
}

}  // namespace bench
