#include "bench/echo/load.hpp"

#include <unistd.h>

#include <ctime>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "bench/echo/board.hpp"
#include "bench/echo/histogram.hpp"
#include "bench/echo/socket.hpp"
#include "bench/raw/ring.hpp"

namespace bench {
namespace {

std::uint64_t read_clock(clockid_t clock) {
    timespec now{};
    if (clock_gettime(clock, &now) != 0)
        throw std::system_error(errno, std::generic_category(), "clock_gettime");
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t monotonic() { return read_clock(CLOCK_MONOTONIC); }

struct connection {
    int socket = -1;
    bool sending = false;
    unsigned owed = 0;           ///< Messages that wait for the send before them.
    unsigned in_send = 0;        ///< Bytes.
    std::uint64_t received = 0;  ///< Bytes.
    std::uint64_t begun = 0;     ///< Messages.
    std::uint64_t ended = 0;     ///< Messages.
    std::vector<std::uint64_t> stamps;
    std::vector<char> incoming;
    std::vector<char> outgoing;
};

class load {
  public:
    load(const load_plan& plan, const echo_board& board)
        : plan_(plan), board_(board), connections_(plan.connections) {
        if (clock_getcpuclockid(plan.server, &server_clock_) != 0)
            throw std::runtime_error("no CPU clock for the server process");
    }
    ~load() {
        for (const connection& peer : connections_) {
            if (peer.socket >= 0) close(peer.socket);
        }
    }

    load_result run() {
        open_all();
        const std::uint64_t start = monotonic() + nanoseconds(plan_.warmup);
        while (now_ < start) turn();
        latencies_.clear();
        const account before = look();
        const std::uint64_t end = before.time + nanoseconds(plan_.measured);
        while (now_ < end) turn();
        return difference(before, look());
    }

  private:
    struct account {
        std::uint64_t time, messages, cpu, calls, allocations;
    };

    static std::uint64_t nanoseconds(std::chrono::nanoseconds span) {
        return static_cast<std::uint64_t>(span.count());
    }

    account look() const {
        return {monotonic(), messages_, read_clock(server_clock_), board_.system_calls.load(),
                board_.allocations.load()};
    }

    load_result difference(const account& before, const account& after) const {
        return {
            .messages = after.messages - before.messages,
            .nanoseconds = static_cast<double>(after.time - before.time),
            .server_cpu = static_cast<double>(after.cpu - before.cpu),
            .server_calls = after.calls - before.calls,
            .server_allocations = after.allocations - before.allocations,
            .p50 = latencies_.percentile(0.5),
            .p99 = latencies_.percentile(0.99),
            .p99_9 = latencies_.percentile(0.999),
        };
    }

    void open_all() {
        now_ = monotonic();
        const std::size_t bytes = std::size_t{plan_.size} * plan_.pipeline;
        for (connection& peer : connections_) {
            peer.socket = connect_to(plan_.transport, plan_.address);
            peer.stamps.resize(plan_.pipeline);
            peer.incoming.resize(bytes);
            peer.outgoing.assign(bytes, 'm');
            peer.owed = plan_.pipeline;
            receive(peer);
            send(peer);
        }
    }

    void receive(connection& peer) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_recv(sqe, peer.socket, peer.incoming.data(), peer.incoming.size(), 0);
        io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uintptr_t>(&peer));
    }

    void send(connection& peer) {
        peer.in_send = peer.owed * plan_.size;
        for (; peer.owed > 0; --peer.owed) peer.stamps[peer.begun++ % plan_.pipeline] = now_;
        peer.sending = true;
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_send(sqe, peer.socket, peer.outgoing.data(), peer.in_send, MSG_NOSIGNAL);
        io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uintptr_t>(&peer) | 1);
    }

    void turn() {
        ring_.enter(1);
        now_ = monotonic();
        ring_.reap([this](const io_uring_cqe& cqe) {
            auto& peer = *reinterpret_cast<connection*>(cqe.user_data & ~std::uint64_t{1});
            if (cqe.user_data & 1)
                sent(peer, cqe.res);
            else
                received(peer, cqe.res);
        });
    }

    void sent(connection& peer, int count) {
        if (count != static_cast<int>(peer.in_send)) throw std::runtime_error("a send fell short");
        peer.sending = false;
        if (peer.owed > 0) send(peer);
    }

    void received(connection& peer, int count) {
        if (count <= 0) throw std::runtime_error("the server closed a connection");
        peer.received += static_cast<unsigned>(count);
        for (; peer.ended < peer.received / plan_.size; ++peer.ended, ++peer.owed) {
            latencies_.add(now_ - peer.stamps[peer.ended % plan_.pipeline]);
            ++messages_;
        }
        if (peer.ended > peer.begun) throw std::runtime_error("more came back than was sent");
        receive(peer);
        if (!peer.sending && peer.owed > 0) send(peer);
    }

    const load_plan& plan_;
    const echo_board& board_;
    raw::ring ring_{4096};
    clockid_t server_clock_{};
    std::vector<connection> connections_;
    histogram latencies_;
    std::uint64_t messages_ = 0;
    std::uint64_t now_ = 0;
};

}  // namespace

load_result run_load(const load_plan& plan, const echo_board& board) {
    return std::make_unique<load>(plan, board)->run();
}

}  // namespace bench
