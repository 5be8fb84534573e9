#include <array>
#include <cstddef>
#include <cstdint>
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

/// What the connections share.
struct told {
    const lariat::ring* kernel;
    echo_board* board;
    std::uint64_t closed = 0;  ///< Connections, with a call for each that is not the ring's.

    void tell() const noexcept { board->tell(kernel->system_calls() + closed); }
};

/// One task per connection, one operation at a time: what a newcomer would write.
lariat::task<> echo(lariat::descriptor peer, told* all) {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const auto received = co_await lariat::receive{.socket = peer, .buffer = buffer};
        if (!received || *received == 0) break;
        std::span<const std::byte> left(buffer.data(), *received);
        while (!left.empty()) {
            const auto sent = co_await lariat::send{.socket = peer, .buffer = left};
            if (!sent) break;
            left = left.subspan(*sent);
        }
        // It is gone: what is left has nowhere to go.
        if (!left.empty()) break;
        all->tell();
    }
    ++all->closed;
}

lariat::task<> serve_all(int listener, told* all) {
    lariat::task_scope peers;
    for (;;) {
        auto peer = co_await lariat::accept{.socket = listener};
        peers.spawn(echo(std::move(peer).value(), all));
    }
}

}  // namespace

void serve_lariat(int listener, echo_board& board) {
    lariat::scheduler loop;
    told all{.kernel = loop.kernel(), .board = &board};
    loop.run(serve_all(listener, &all));
}

}  // namespace bench
