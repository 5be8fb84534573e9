#pragma once

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <optional>
#include <span>
#include <stop_token>
#include <system_error>
#include <tuple>

#include "aio/child_process.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/auto_event.hpp"
#include "runtime/barrier.hpp"
#include "runtime/channel.hpp"
#include "runtime/concurrent_auto_event.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/concurrent_event.hpp"
#include "runtime/concurrent_latch.hpp"
#include "runtime/concurrent_mutex.hpp"
#include "runtime/concurrent_semaphore.hpp"
#include "runtime/condition_variable.hpp"
#include "runtime/event.hpp"
#include "runtime/latch.hpp"
#include "runtime/mutex.hpp"
#include "runtime/ring.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/semaphore.hpp"
#include "runtime/shared_mutex.hpp"
#include "runtime/task.hpp"
#include "runtime/thread_pool.hpp"
#include "tests/loopback.hpp"

/// A call that blocks until it is let go.
class gate {
  public:
    void open() {
        if (!open_.exchange(true)) promise_.set_value();
    }
    void pass() const { opened_.wait(); }

  private:
    std::promise<void> promise_;
    std::shared_future<void> opened_ = promise_.get_future().share();
    std::atomic<bool> open_{false};
};

struct forked_child {
    forked_child() : number(::fork()) {
        if (number == 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (number == 0) ::pause();
    }
    ~forked_child() {
        ::kill(number, SIGKILL);
        ::waitpid(number, nullptr, 0);
    }
    forked_child(const forked_child&) = delete;
    forked_child& operator=(const forked_child&) = delete;

    const pid_t number;
};

/// A pair of which the second end takes no more bytes.
inline two_ends congested_pair() {
    auto ends = make_socket_pair();
    const std::array<char, 4096> bytes{};
    while (::send(ends.second.number(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
    }
    return ends;
}

/// The same between homes.
struct things_of_all_threads {
    things_of_all_threads() { std::ignore = full.try_send(0); }

    lariat::concurrent_event happens;
    lariat::concurrent_auto_event happens_once;
    lariat::concurrent_mutex taken;
    std::optional<lariat::concurrent_mutex::hold> held = taken.try_lock();
    lariat::concurrent_semaphore units{0};
    lariat::concurrent_latch count{1'000'000};
    lariat::concurrent_channel<int> full{1};
    lariat::concurrent_channel<int> empty{1};
};

/// What the waits are for, and what never comes.
struct things_to_wait_for {
    explicit things_to_wait_for(lariat::scheduler& other_loop) : elsewhere(other_loop) {
        std::ignore = full.try_send(0);
    }

    lariat::scheduler& elsewhere;
    lariat::event happens;
    lariat::auto_event happens_once;
    lariat::mutex taken;
    std::optional<lariat::mutex::hold> held = taken.try_lock();
    lariat::mutex free;
    lariat::shared_mutex shared;
    std::optional<lariat::shared_mutex::hold> held_alone = shared.try_lock();
    lariat::semaphore units{0};
    lariat::condition_variable news;
    lariat::barrier all{1'000'000};
    lariat::latch count{1'000'000};
    lariat::channel<int> full{1};
    lariat::channel<int> empty{1};
    lariat::channel<int> meeting{0};
    things_of_all_threads of_all;
    std::stop_source stop;

    gate door;
    lariat::thread_pool pool{{.most = 1}};

    forked_child child;
    lariat::child_process sleeper = *lariat::child_process::start({"sleep", "3600"});
    two_ends silent = make_socket_pair();
    two_ends pipe = make_pipe();
    two_ends congested = congested_pair();
    lariat::descriptor listener = listening();
    lariat::tcp_listener tcp = *lariat::tcp_listener::open(lariat::address::loopback(0));
    lariat::descriptor epoll = lariat::descriptor::adopt(::epoll_create1(EPOLL_CLOEXEC));
    std::atomic<std::uint32_t> word{0};
    std::array<char, 8> bytes{};
};

/// A kind of wait.
struct wait_kind {
    const char* name;
    lariat::task<std::error_code> (*wait)(things_to_wait_for& all);
    bool (*supported)(const lariat::ring& kernel) = nullptr;  ///< Null: always.
};

std::span<const wait_kind> all_wait_kinds();
