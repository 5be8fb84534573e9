#include "runtime/on.hpp"

#include <cstdint>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/crowd.hpp"
#include "bench/raw/ring.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/worker_group.hpp"

namespace bench {
namespace {

// What a message between two raw rings carries: a chain's number, or one of these.
constexpr std::uint64_t last_message = ~std::uint64_t{0};
constexpr std::uint64_t message_failed = last_message - 1;

void send_to(raw::ring& from, int to, std::uint64_t what) {
    io_uring_sqe* sqe = from.entry();
    io_uring_prep_msg_ring(sqe, to, 0, what, 0);
    // Only a failure is answered to the sender.
    io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
    io_uring_sqe_set_data64(sqe, message_failed);
}

void must_not_have_failed(const io_uring_cqe& cqe) {
    if (cqe.user_data == message_failed) throw std::runtime_error("a message was refused");
}

/// A thread with a ring that sends back what comes.
class raw_neighbour {
  public:
    explicit raw_neighbour(raw::ring& home) : home_(home), thread_([this] { work(); }) {
        try {
            there_ = made_.get_future().get();
        } catch (...) {
            thread_.join();
            throw;
        }
    }
    ~raw_neighbour() {
        send_to(home_, there_, last_message);
        home_.enter(0);
        thread_.join();
    }
    raw_neighbour(const raw_neighbour&) = delete;
    raw_neighbour& operator=(const raw_neighbour&) = delete;

    int ring() const noexcept { return there_; }

  private:
    void work() {
        std::optional<raw::ring> ring;
        try {
            ring.emplace(1024);
        } catch (...) {
            made_.set_exception(std::current_exception());
            return;
        }
        made_.set_value(ring->native()->ring_fd);
        send_all_back(*ring);
    }

    void send_all_back(raw::ring& ring) const {
        for (bool ended = false; !ended;) {
            ring.enter(1);
            ring.reap([&](const io_uring_cqe& cqe) {
                must_not_have_failed(cqe);
                if (cqe.user_data == last_message)
                    ended = true;
                else
                    send_to(ring, home_.native()->ring_fd, cqe.user_data);
            });
        }
    }

    raw::ring& home_;
    std::promise<int> made_;
    int there_ = -1;
    std::thread thread_;
};

/// Each chain goes there again when it has come back.
void run_chains(raw::ring& home, int there, std::uint64_t depth, std::uint64_t each) {
    std::vector<std::uint64_t> left(depth, each);
    for (std::uint64_t chain = 0; chain < depth; ++chain) send_to(home, there, chain);
    for (std::uint64_t running = depth; running != 0;) {
        home.enter(1);
        home.reap([&](const io_uring_cqe& cqe) {
            must_not_have_failed(cqe);
            if (--left[cqe.user_data] != 0)
                send_to(home, there, cqe.user_data);
            else
                --running;
        });
    }
}

void need_two_processors() {
    if (std::thread::hardware_concurrency() < 2) throw unavailable("needs two CPUs");
}

void raw_hop(const job& work, meter& figures) {
    need_two_processors();
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    raw::ring home(1024);
    const raw_neighbour other(home);
    if (work.warmup) run_chains(home, other.ring(), depth, work.warmup / depth + 1);

    const std::uint64_t each = work.items / depth + 1;
    const std::uint64_t enters = home.enters();
    figures.start();
    run_chains(home, other.ring(), depth, each);
    figures.stop(each * depth);
    figures.system_calls(home.enters() - enters);
}

lariat::task<> nothing() { co_return; }

lariat::task<> hops(lariat::scheduler* there, std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) (co_await lariat::on(*there, nothing())).value();
}

void lariat_hop(const job& work, meter& figures) {
    need_two_processors();
    const auto depth = static_cast<std::uint64_t>(work.with["depth"]);
    lariat::scheduler home;
    lariat::worker_options one;
    one.workers = 1;
    lariat::worker_group other(one);
    if (work.warmup) home.run(crowd(depth, hops, &other[0], work.warmup / depth + 1));

    const std::uint64_t each = work.items / depth + 1;
    const std::uint64_t calls = home.kernel()->system_calls();
    figures.start();
    home.run(crowd(depth, hops, &other[0], each));
    figures.stop(each * depth);
    figures.system_calls(home.kernel()->system_calls() - calls);
}

}  // namespace

workload hop_workload() {
    return {
        .name = "hop",
        .what = "to the ring of another thread and back",
        .parameters = {{.name = "depth",
                        .values = {1, 64},
                        .what = "chains, each going again when it has come back",
                        .most = 512}},
        .items = 100'000,
        .smoke_items = 500,
        .subjects = {{"raw", "two rings of liburing, a message there and one back", raw_hop},
                     {"lariat", "co_await on(other, task) in a loop, one task per chain",
                      lariat_hop}},
        .unit = "ns/round trip",
    };
}

}  // namespace bench
