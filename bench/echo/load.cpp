#include "bench/echo/load.hpp"

#include <algorithm>
#include <ctime>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "bench/echo/board.hpp"
#include "bench/echo/histogram.hpp"
#include "bench/echo/schedule.hpp"
#include "bench/echo/socket.hpp"
#include "bench/raw/ring.hpp"

namespace bench {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
/// A sleep ends that much before something is due: the kernel may be late.
constexpr std::uint64_t wakes_early = 50'000;
constexpr std::size_t most_received_at_once = 16 * 1024;
/// Messages that are due and have no room on their connections yet.
constexpr std::uint64_t most_waiting = 1'000'000;

std::uint64_t read_clock(clockid_t clock) {
    timespec now{};
    if (clock_gettime(clock, &now) != 0)
        throw std::system_error(errno, std::generic_category(), "clock_gettime");
    return static_cast<std::uint64_t>(now.tv_sec) * second +
           static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t monotonic() { return read_clock(CLOCK_MONOTONIC); }

/// What a completion is about, in the bits that an address leaves free.
enum class step : std::uint64_t { receive, send, connect };

struct connection {
    int socket = -1;
    bool sending = false;
    bool answered = false;       ///< The last message that it carries.
    unsigned in_send = 0;        ///< Bytes.
    std::uint64_t received = 0;  ///< Bytes.
    std::uint64_t ended = 0;     ///< Messages.
    unsigned on_its_way = 0;     ///< Messages that are sent and not answered.
    /// When each message that is not answered was due: those on their way, then those that wait.
    std::deque<std::uint64_t> due;
    std::vector<char> incoming;
    std::unique_ptr<wire> speaks;
};

class load {
  public:
    load(const load_plan& plan, const echo_board& board)
        : plan_(plan),
          board_(board),
          connections_(plan.connections),
          outgoing_(std::size_t{plan.size} * plan.depth, 'm') {
        if (plan.server != 0 && clock_getcpuclockid(plan.server, &server_clock_) != 0)
            throw std::runtime_error("no CPU clock for the server process");
    }
    ~load() {
        for (const connection& peer : connections_) {
            // Many thousands of ports would stay taken for a minute.
            if (peer.socket >= 0) reset(peer.socket);
        }
    }

    load_result run() {
        open_all();
        start_ = monotonic() + nanoseconds(plan_.warmup);
        while (now_ < start_) turn(start_);
        latencies_.clear();
        const account before = look();
        const std::uint64_t end = before.time + nanoseconds(plan_.measured);
        while (now_ < end) turn(end);
        const account after = look();
        if (times_) finish();
        return difference(before, after);
    }

  private:
    struct account {
        std::uint64_t time, messages, cpu, calls, allocations;
        cpu_time parts;
    };

    static std::uint64_t nanoseconds(std::chrono::nanoseconds span) {
        return static_cast<std::uint64_t>(span.count());
    }

    account look() const {
        const bool is_here = plan_.server != 0;
        return {monotonic(),
                messages_,
                is_here ? read_clock(server_clock_) : 0,
                board_.system_calls.load(),
                board_.allocations.load(),
                is_here ? cpu_time::of_process(plan_.server) : cpu_time{}};
    }

    load_result difference(const account& before, const account& after) const {
        return {
            .messages = after.messages - before.messages,
            .nanoseconds = static_cast<double>(after.time - before.time),
            .server_cpu = static_cast<double>(after.cpu - before.cpu),
            .server_parts = after.parts - before.parts,
            .server_calls = after.calls - before.calls,
            .server_allocations = after.allocations - before.allocations,
            .p50 = latencies_.percentile(0.5),
            .p99 = latencies_.percentile(0.99),
            .p99_9 = latencies_.percentile(0.999),
            .max = latencies_.max(),
            .late_p99 = lateness_.percentile(0.99),
        };
    }

    void open_all() {
        for (connection& peer : connections_) {
            peer.socket = connect_to(plan_.where);
            if (plan_.speak) peer.speaks = plan_.speak(peer.socket);
            // What is sealed is longer.
            peer.incoming.resize(peer.speaks ? most_received_at_once
                                             : std::min(outgoing_.size(), most_received_at_once));
            receive(peer);
        }
        now_ = monotonic();
        if (plan_.rate > 0) {
            times_.emplace(now_, plan_.rate);
            return;
        }
        for (connection& peer : connections_) {
            peer.due.assign(plan_.depth, now_);
            send(peer);
        }
    }

    static void tag(io_uring_sqe* sqe, connection& peer, step what) {
        io_uring_sqe_set_data64(
            sqe, reinterpret_cast<std::uintptr_t>(&peer) | static_cast<std::uint64_t>(what));
    }

    void receive(connection& peer) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_recv(sqe, peer.socket, peer.incoming.data(), peer.incoming.size(), 0);
        tag(sqe, peer, step::receive);
    }

    void renew(connection& peer) {
        peer.answered = false;
        reset(peer.socket);
        peer.socket = socket_for(plan_.where);
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_connect(sqe, peer.socket, plan_.where.data(), plan_.where.size());
        tag(sqe, peer, step::connect);
    }

    /// As many as may be on their way, one send after the other.
    void send(connection& peer) {
        const auto all = std::min<std::size_t>(peer.due.size(), plan_.depth);
        const auto count = static_cast<unsigned>(all) - peer.on_its_way;
        if (peer.sending || count == 0) return;
        peer.on_its_way += count;
        begun_ += count;
        std::span<const char> bytes(outgoing_.data(), std::size_t{count} * plan_.size);
        if (peer.speaks) bytes = peer.speaks->seal(bytes);
        peer.in_send = static_cast<unsigned>(bytes.size());
        peer.sending = true;
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_send(sqe, peer.socket, bytes.data(), bytes.size(),
                           MSG_NOSIGNAL | MSG_WAITALL);
        tag(sqe, peer, step::send);
    }

    void turn(std::uint64_t until) {
        if (times_)
            begin_what_is_due(until);
        else
            ring_.enter(1);
        now_ = monotonic();
        reap();
    }

    /// Waits for what is next, which may be due long after that time.
    void begin_what_is_due(std::uint64_t until) {
        // What was reaped since the last look took its time, too.
        now_ = monotonic();
        for (; times_->next() <= now_; times_->take()) {
            if (times_->taken() > begun_ + most_waiting)
                throw std::runtime_error("a million messages wait: the rate is more than can be");
            connection& peer = connections_[times_->taken() % connections_.size()];
            peer.due.push_back(times_->next());
            if (times_->next() >= start_) lateness_.add(now_ - times_->next());
            send(peer);
        }
        const std::uint64_t next = std::min(times_->next(), until);
        const std::uint64_t left = next > now_ ? next - now_ : 0;
        const std::uint64_t early = plan_.spins ? wakes_early : 0;
        ring_.enter_for(left > early ? left - early : 0);
    }

    void reap() {
        ring_.reap([this](const io_uring_cqe& cqe) {
            auto& peer = *reinterpret_cast<connection*>(cqe.user_data & ~std::uint64_t{3});
            switch (static_cast<step>(cqe.user_data & 3)) {
                case step::receive:
                    return received(peer, cqe.res);
                case step::send:
                    return sent(peer, cqe.res);
                case step::connect:
                    return connected(peer, cqe.res);
            }
        });
    }

    void connected(connection& peer, int answer) {
        if (answer < 0) throw std::system_error(-answer, std::generic_category(), "connect");
        receive(peer);
        send(peer);
    }

    void sent(connection& peer, int count) {
        if (count != static_cast<int>(peer.in_send)) throw std::runtime_error("a send fell short");
        peer.sending = false;
        if (peer.answered)
            renew(peer);
        else
            send(peer);
    }

    void received(connection& peer, int count) {
        if (count <= 0) throw std::runtime_error("the server closed a connection");
        const std::span<const char> bytes(peer.incoming.data(), static_cast<std::size_t>(count));
        peer.received += peer.speaks ? peer.speaks->open(bytes) : bytes.size();
        for (; peer.ended < peer.received / plan_.size; ++peer.ended) {
            if (peer.on_its_way == 0) throw std::runtime_error("more came back than was sent");
            --peer.on_its_way;
            ++messages_;
            // What was due before the time is not of it, however late it is answered.
            if (!times_ || peer.due.front() >= start_) latencies_.add(now_ - peer.due.front());
            peer.due.pop_front();
            if (!times_) peer.due.push_back(now_);
        }
        const bool stays = plan_.per_connection == 0 || peer.ended % plan_.per_connection != 0;
        if (stays || peer.on_its_way > 0) {
            receive(peer);
            send(peer);
            return;
        }
        peer.answered = true;
        // The send that was answered may be told of later.
        if (!peer.sending) renew(peer);
    }

    /// What was due and is not answered counts too: leaving it out would reward who drops it.
    void finish() {
        const auto is_idle = [](const connection& peer) { return peer.due.empty(); };
        const std::uint64_t last = now_ + second;
        while (now_ < last && !std::all_of(connections_.begin(), connections_.end(), is_idle)) {
            ring_.enter_for(last - now_);
            now_ = monotonic();
            reap();
        }
        for (const connection& peer : connections_) {
            for (const std::uint64_t due : peer.due) {
                if (due >= start_) latencies_.add(now_ - due);
            }
        }
    }

    const load_plan& plan_;
    const echo_board& board_;
    raw::ring ring_{4096};
    clockid_t server_clock_{};
    std::vector<connection> connections_;
    std::vector<char> outgoing_;  ///< What is sent says nothing; all may send the same.
    std::optional<schedule> times_;
    histogram latencies_;
    histogram lateness_;  ///< Of this process.
    std::uint64_t messages_ = 0;
    std::uint64_t begun_ = 0;  ///< Messages.
    std::uint64_t start_ = 0;
    std::uint64_t now_ = 0;
};

}  // namespace

load_result run_load(const load_plan& plan, const echo_board& board) {
    return std::make_unique<load>(plan, board)->run();
}

}  // namespace bench
