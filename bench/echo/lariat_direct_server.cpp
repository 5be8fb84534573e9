#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "aio/op/buffer_pool.hpp"
#include "aio/op/direct_table.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/socket.hpp"
#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace bench {
namespace {

/// What the connections share.
struct shared {
    lariat::buffer_pool& pool;
    const lariat::ring* kernel;
    echo_board* board;
};

/// A task per connection, which one entry of the ring serves.
lariat::task<> echo(lariat::descriptor peer, shared& with) {
    lariat::multishot arriving(lariat::receive_pooled{.socket = peer, .pool = with.pool},
                               {.queued = 16});
    for (;;) {
        const auto bytes = co_await arriving.next();
        if (!bytes) co_return;
        // The load never has more on its way than a socket's buffer takes.
        const auto sent =
            co_await lariat::send{.socket = peer, .buffer = *bytes, .flags = MSG_WAITALL};
        if (!sent) co_return;
        with.board->tell(with.kernel->system_calls());
    }
}

lariat::task<> serve_all(int listener, const lariat::ring* kernel, echo_board* board) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    lariat::direct_table table(std::min<std::size_t>(limit.rlim_cur, 16384));
    lariat::buffer_pool pool({.buffers = 4096, .size = 4096});
    shared with{pool, kernel, board};
    lariat::task_scope connections;
    lariat::multishot peers(lariat::accept{.socket = listener, .into = &table});
    for (;;) {
        auto peer = co_await peers.next();
        connections.spawn(echo, std::move(peer).value(), std::ref(with));
    }
}

}  // namespace

void serve_lariat_direct(int listener, echo_board& board) {
    lariat::scheduler loop;
    loop.run(serve_all(listener, loop.kernel(), &board));
}

}  // namespace bench
