#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

#include "aio/op/socket.hpp"
#include "bench/raw/ring.hpp"
#include "bench/workloads.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_any.hpp"

namespace bench {
namespace {

struct socket_pair {
    int ours;
    int theirs;

    socket_pair() {
        int both[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0)
            throw std::system_error(errno, std::generic_category(), "socketpair");
        ours = both[0];
        theirs = both[1];
    }
    ~socket_pair() {
        close(ours);
        close(theirs);
    }
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;
};

/// The same plain system call for every subject: one of the two has something to receive.
void give_one_byte(const socket_pair& to) {
    const char byte = 1;
    if (write(to.theirs, &byte, 1) != 1)
        throw std::system_error(errno, std::generic_category(), "write");
}

/// Two receives; the one that has data wins, the other is cancelled and awaited.
class raw_racer {
  public:
    void race() {
        give_one_byte(winner_);
        done_[0] = done_[1] = false;
        receive(winner_, 0);
        receive(loser_, 1);
        wait_for(0);
        if (!done_[1]) {
            io_uring_sqe* sqe = ring_.entry();
            io_uring_prep_cancel64(sqe, 1, 0);
            // Its own answer decides nothing: only the target's completion does.
            io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
            io_uring_sqe_set_data64(sqe, 2);
            wait_for(1);
        }
        if (result_[0] != 1 || result_[1] != -ECANCELED)
            throw std::runtime_error("a race ended otherwise than with one loser");
    }

    std::uint64_t enters() const noexcept { return ring_.enters(); }

  private:
    void receive(const socket_pair& from, unsigned index) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_recv(sqe, from.ours, buffer_[index], sizeof buffer_[index], 0);
        io_uring_sqe_set_data64(sqe, index);
    }

    void wait_for(unsigned index) {
        while (!done_[index]) {
            ring_.enter(1);
            ring_.reap([this](const io_uring_cqe& cqe) {
                if (cqe.user_data > 1) return;
                done_[cqe.user_data] = true;
                result_[cqe.user_data] = cqe.res;
            });
        }
    }

    socket_pair winner_;
    socket_pair loser_;
    raw::ring ring_{8};
    std::byte buffer_[2][64];
    bool done_[2] = {};
    int result_[2] = {};
};

void raw_race(const job& work, meter& figures) {
    raw_racer racer;
    for (std::uint64_t i = 0; i < work.warmup; ++i) racer.race();

    const std::uint64_t enters = racer.enters();
    figures.start();
    for (std::uint64_t i = 0; i < work.items; ++i) racer.race();
    figures.stop(work.items);
    figures.system_calls(racer.enters() - enters + work.items);
}

lariat::task<> races(std::uint64_t times) {
    const socket_pair winner;
    const socket_pair loser;
    std::byte buffer[2][64];
    for (std::uint64_t i = 0; i < times; ++i) {
        give_one_byte(winner);
        auto both =
            co_await lariat::when_any(lariat::receive{.socket = winner.ours, .buffer = buffer[0]},
                                      lariat::receive{.socket = loser.ours, .buffer = buffer[1]});
        if (both.index != 0 || !both.get<0>() || both.get<1>())
            throw std::runtime_error("a race ended otherwise than with one loser");
    }
}

void lariat_race(const job& work, meter& figures) {
    lariat::scheduler loop;
    if (work.warmup) loop.run(races(work.warmup));

    const std::uint64_t calls = loop.kernel()->system_calls();
    figures.start();
    loop.run(races(work.items));
    figures.stop(work.items);
    figures.system_calls(loop.kernel()->system_calls() - calls + work.items);
}

}  // namespace

workload race_workload() {
    return {
        .name = "race",
        .what = "two receives, one has data, the other is cancelled; both have ended",
        .parameters = {},
        .items = 50'000,
        .smoke_items = 500,
        .subjects = {{"raw", "liburing, ASYNC_CANCEL, waits for the loser's completion", raw_race},
                     {"lariat", "when_any of two receives", lariat_race}},
    };
}

}  // namespace bench
