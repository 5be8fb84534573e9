#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <system_error>
#include <vector>

#include "aio/op/buffer_pool.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "bench/echo/socket.hpp"
#include "bench/raw/ring.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/yield.hpp"

namespace bench {
namespace {

constexpr unsigned buffers = 64;
constexpr unsigned buffer_size = 4096;

/// Sockets to which nobody sends: one descriptor each, where a connection to this process would
/// need two.
class silent_sockets {
  public:
    explicit silent_sockets(std::size_t count) {
        raise_descriptor_limit();
        while (sockets_.size() < count) {
            const int made = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            if (made < 0) throw std::system_error(errno, std::generic_category(), "socket");
            sockets_.push_back(made);
        }
    }
    ~silent_sockets() {
        for (const int each : sockets_) close(each);
    }
    silent_sockets(const silent_sockets&) = delete;
    silent_sockets& operator=(const silent_sockets&) = delete;

    std::size_t count() const noexcept { return sockets_.size(); }
    int operator[](std::size_t index) const noexcept { return sockets_[index]; }

  private:
    std::vector<int> sockets_;
};

double heap_in_use() noexcept {
    const struct mallinfo2 now = mallinfo2();
    return static_cast<double>(now.uordblks + now.hblkhd);
}

void note_memory(meter& figures, double before, std::size_t connections) {
    figures.note("bytes_per_connection",
                 (heap_in_use() - before) / static_cast<double>(connections));
}

void raw_idle(const job& work, meter& figures) {
    const silent_sockets sockets(static_cast<std::size_t>(work.with["connections"]));
    std::vector<char> memory(buffers * buffer_size);
    raw::ring ring(1024);
    // The older way to provide them: nothing will ever be taken.
    io_uring_sqe* provide = ring.entry();
    io_uring_prep_provide_buffers(provide, memory.data(), buffer_size, buffers, 0, 0);
    ring.enter(1);
    ring.reap([](const io_uring_cqe&) {});
    const double before = heap_in_use();
    figures.start();
    for (std::size_t i = 0; i < sockets.count(); ++i) {
        io_uring_sqe* sqe = ring.entry();
        io_uring_prep_recv_multishot(sqe, sockets[i], nullptr, 0, 0);
        io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
        sqe->buf_group = 0;
    }
    ring.enter(0);
    figures.stop(sockets.count());
    note_memory(figures, before, sockets.count());
}

lariat::task<> wait_for_bytes(int socket, lariat::buffer_pool& pool) {
    lariat::multishot arriving(lariat::receive_pooled{.socket = socket, .pool = pool});
    (void)co_await arriving.next();
}

lariat::task<> arm_all(const silent_sockets& sockets, meter& figures) {
    lariat::buffer_pool pool({.buffers = buffers, .size = buffer_size});
    lariat::task_scope connections;
    const double before = heap_in_use();
    figures.start();
    for (std::size_t i = 0; i < sockets.count(); ++i)
        connections.spawn(wait_for_bytes, sockets[i], std::ref(pool));
    co_await lariat::yield();
    lariat::home::current().kernel()->poll();
    figures.stop(sockets.count());
    note_memory(figures, before, sockets.count());
    connections.cancel();
    co_await connections.join();
}

void lariat_idle(const job& work, meter& figures) {
    const silent_sockets sockets(static_cast<std::size_t>(work.with["connections"]));
    lariat::run(arm_all(sockets, figures));
}

}  // namespace

workload idle_workload() {
    return {
        .name = "idle",
        .what =
            "begin to wait on that many connections, each a multishot receive from one pool, "
            "and the heap they hold then",
        .parameters = {{.name = "connections",
                        .values = {1000, 10'000},
                        .what = "sockets to which nobody sends",
                        .most = 100'000,
                        .smoke_values = {100}}},
        .items = 1,
        .smoke_items = 1,
        .subjects = {{"raw", "liburing, an entry for each", raw_idle},
                     {"lariat", "a task for each", lariat_idle}},
        .unit = "ns/connection",
    };
}

}  // namespace bench
