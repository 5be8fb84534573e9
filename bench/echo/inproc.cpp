#include "aio/transport/inproc.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/stream.hpp"
#include "aio/transport/unix.hpp"
#include "bench/raw/ring.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"

namespace bench {
namespace {

struct shape {
    explicit shape(const job& work)
        : pairs(static_cast<std::size_t>(work.with["connections"])),
          size(static_cast<std::size_t>(work.with["size"])) {}

    std::uint64_t each(std::uint64_t items) const noexcept { return items / pairs + 1; }

    std::size_t pairs;
    std::size_t size;
};

/// One end of a socketpair; what it has received it sends, whichever end it is.
struct end {
    int socket = -1;
    bool asks = false;
    std::vector<char> buffer;
    std::uint64_t left = 0;  ///< Messages that are to come.
};

/// Single shots: a send and the receive of the answer are submitted together.
class raw_pairs {
  public:
    explicit raw_pairs(const shape& like) : ends_(2 * like.pairs) {
        for (std::size_t i = 0; i < ends_.size(); i += 2) {
            int both[2];
            if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0)
                throw std::system_error(errno, std::generic_category(), "socketpair");
            for (std::size_t k = 0; k < 2; ++k) {
                ends_[i + k].socket = both[k];
                ends_[i + k].asks = k == 0;
                ends_[i + k].buffer.assign(like.size, 'm');
            }
        }
    }
    ~raw_pairs() {
        for (const end& one : ends_) {
            if (one.socket >= 0) close(one.socket);
        }
    }
    raw_pairs(const raw_pairs&) = delete;
    raw_pairs& operator=(const raw_pairs&) = delete;

    /// Round trips on each pair.
    void run(std::uint64_t each) {
        for (end& one : ends_) {
            one.left = each;
            receive(one);
            if (one.asks) send(one);
        }
        for (running_ = ends_.size(); running_ != 0;) {
            ring_.enter(1);
            ring_.reap([this](const io_uring_cqe& cqe) { dispatch(cqe); });
        }
    }

    std::uint64_t enters() const noexcept { return ring_.enters(); }

  private:
    void dispatch(const io_uring_cqe& cqe) {
        if (cqe.user_data == 0) throw std::runtime_error("a send failed");
        end& one = *reinterpret_cast<end*>(cqe.user_data);
        if (cqe.res != static_cast<int>(one.buffer.size()))
            throw std::runtime_error("a receive fell short");
        --one.left;
        if (!one.asks || one.left != 0) send(one);
        if (one.left != 0)
            receive(one);
        else
            --running_;
    }

    void receive(end& one) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_recv(sqe, one.socket, one.buffer.data(), one.buffer.size(), MSG_WAITALL);
        io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uintptr_t>(&one));
    }

    /// Only a failure is answered: there is room for one message at any time.
    void send(end& one) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_send(sqe, one.socket, one.buffer.data(), one.buffer.size(),
                           MSG_NOSIGNAL | MSG_WAITALL);
        io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
        io_uring_sqe_set_data64(sqe, 0);
    }

    raw::ring ring_{4096};
    std::vector<end> ends_;
    std::size_t running_ = 0;
};

void raw_socketpair(const job& work, meter& figures) {
    const shape like(work);
    raw_pairs pairs(like);
    if (work.warmup) pairs.run(like.each(work.warmup));

    const std::uint64_t enters = pairs.enters();
    figures.start();
    pairs.run(like.each(work.items));
    figures.stop(like.each(work.items) * like.pairs);
    figures.system_calls(pairs.enters() - enters);
}

template <class Stream>
using pair_of = std::pair<Stream, Stream>;

template <lariat::stream Stream>
lariat::task<> asks(Stream* peer, std::size_t size, std::uint64_t times) {
    std::vector<char> buffer(size, 'm');
    for (std::uint64_t i = 0; i < times; ++i) {
        const auto sent = co_await lariat::write_all(*peer, buffer);
        if (!sent) throw std::runtime_error("a send failed");
        const auto answered = co_await lariat::read_exactly(*peer, buffer);
        if (!answered) throw std::runtime_error("a receive failed");
    }
}

template <lariat::stream Stream>
lariat::task<> answers(Stream* peer, std::size_t size, std::uint64_t times) {
    std::vector<char> buffer(size);
    for (std::uint64_t i = 0; i < times; ++i) {
        const auto received = co_await lariat::read_exactly(*peer, buffer);
        if (!received) throw std::runtime_error("a receive failed");
        const auto sent = co_await lariat::write_all(*peer, buffer);
        if (!sent) throw std::runtime_error("a send failed");
    }
}

template <class Stream>
lariat::task<> round_trips(std::vector<pair_of<Stream>>* pairs, std::size_t size,
                           std::uint64_t each) {
    lariat::task_scope scope;
    for (auto& [near, far] : *pairs) {
        scope.spawn(asks(&near, size, each));
        scope.spawn(answers(&far, size, each));
    }
    co_await scope.join();
}

template <class Stream, auto Make>
void lariat_echo(const job& work, meter& figures) {
    const shape like(work);
    lariat::scheduler loop;
    std::vector<pair_of<Stream>> pairs;
    while (pairs.size() < like.pairs) pairs.push_back(Make());
    if (work.warmup) loop.run(round_trips(&pairs, like.size, like.each(work.warmup)));

    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(round_trips(&pairs, like.size, like.each(work.items)));
    figures.stop(like.each(work.items) * like.pairs);
    figures.system_calls(loop.kernel()->system_calls() - calls);
}

pair_of<lariat::inproc_stream> inproc_pair() { return lariat::make_inproc_pair(); }
pair_of<lariat::unix_stream> unix_pair() { return lariat::make_unix_pair().value(); }

}  // namespace

workload echo_inproc_workload() {
    return {
        .name = "echo.inproc",
        .what =
            "a message that goes to and fro between two tasks of one thread, over a stream "
            "inside the process or through the kernel",
        .parameters = {{.name = "connections",
                        .values = {1, 32},
                        .what = "each with one message on its way",
                        .most = 1000,
                        .smoke_values = {8}},
                       {.name = "size", .values = {64}, .what = "bytes per message", .most = 4096}},
        .items = 100'000,
        .smoke_items = 2'000,
        .subjects = {{"raw_socketpair", "liburing on one thread, single shots over a socketpair",
                      raw_socketpair},
                     {"lariat", "write_all and read_exactly over make_inproc_pair",
                      lariat_echo<lariat::inproc_stream, inproc_pair>},
                     {"lariat_socketpair", "the same over make_unix_pair",
                      lariat_echo<lariat::unix_stream, unix_pair>}},
        .unit = "ns/round trip",
        .reference = "raw_socketpair",
    };
}

}  // namespace bench
