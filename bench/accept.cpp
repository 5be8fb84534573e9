#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "aio/op/direct_table.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/socket.hpp"
#include "bench/echo/socket.hpp"
#include "bench/raw/ring.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"

namespace bench {
namespace {

constexpr unsigned places = 4096;

/// Clients that have connected and wait to be accepted.
class waiting_clients {
  public:
    explicit waiting_clients(std::size_t count) : door_(listen_on_loopback()) {
        raise_descriptor_limit();
        for (std::size_t i = 0; i < count; ++i) clients_.push_back(connect_to(door_.address));
    }
    ~waiting_clients() {
        for (const int client : clients_) close(client);
        close(door_.socket);
    }
    waiting_clients(const waiting_clients&) = delete;
    waiting_clients& operator=(const waiting_clients&) = delete;

    int door() const noexcept { return door_.socket; }

  private:
    listening door_;
    std::vector<int> clients_;
};

void raw_accept(const job& work, meter& figures) {
    const waiting_clients clients(work.items);
    raw::ring ring(1024);
    if (const int answer = io_uring_register_files_sparse(ring.native(), places); answer < 0)
        throw std::system_error(-answer, std::generic_category(), "io_uring_register_files");
    const std::uint64_t enters = ring.enters();
    figures.start();
    const auto arm = [&] {
        io_uring_prep_multishot_accept_direct(ring.entry(), clients.door(), nullptr, nullptr, 0);
    };
    arm();
    for (std::uint64_t left = work.items; left > 0;) {
        ring.enter(1);
        ring.reap([&](const io_uring_cqe& cqe) {
            if (cqe.res < 0) throw std::runtime_error("accept failed");
            --left;
            if (!(cqe.flags & IORING_CQE_F_MORE) && left > 0) arm();
        });
    }
    figures.stop(work.items);
    figures.system_calls(ring.enters() - enters);
}

lariat::task<> accept_all(int door, std::uint64_t count, meter& figures) {
    lariat::direct_table table(places);
    std::vector<lariat::descriptor> peers;
    peers.reserve(count);
    lariat::ring& kernel = *lariat::home::current().kernel();
    const std::uint64_t enters = kernel.system_calls();
    figures.start();
    lariat::multishot arriving(lariat::accept{.socket = door, .into = &table});
    for (std::uint64_t i = 0; i < count; ++i) {
        auto peer = co_await arriving.next();
        peers.push_back(std::move(peer).value());
    }
    figures.stop(count);
    figures.system_calls(kernel.system_calls() - enters);
}

void lariat_accept(const job& work, meter& figures) {
    const waiting_clients clients(work.items);
    lariat::run(accept_all(clients.door(), work.items, figures));
}

}  // namespace

workload accept_workload() {
    return {
        .name = "accept",
        .what = "take over TCP connections that wait already, into direct descriptors",
        .parameters = {},
        .items = 2000,
        .smoke_items = 50,
        .subjects = {{"raw", "liburing, one multishot accept", raw_accept},
                     {"lariat", "co_await next() of a multishot accept", lariat_accept}},
    };
}

}  // namespace bench
