#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "aio/transport/tcp.hpp"
#include "runtime/auto_event.hpp"
#include "runtime/result.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"
#include "runtime/worker_group.hpp"

namespace lariat {

struct serve_options {
    /// Peers that each worker serves at once. When all workers have so many, others wait at the
    /// listener until one goes.
    std::size_t most_peers = SIZE_MAX;
};

/// What `serve_on` is, whatever serves.
class peer_service {
  public:
    peer_service(const peer_service&) = delete;
    peer_service& operator=(const peer_service&) = delete;

    /// Until the listener is closed, or the group or the awaiter is ended.
    task<result<void>> run();

  protected:
    peer_service(worker_group& group, tcp_listener& door, serve_options options);
    ~peer_service() = default;

  private:
    class place;

    /// The task that serves a peer; runs on a worker.
    virtual task<> serve(tcp_stream peer) const = 0;

    task<> serve_all();
    task<> accept_all(task_scope& peers);
    void end(std::error_code why) noexcept;
    task<> visit(place taken, tcp_stream peer);
    task<> watch_all();
    task<> watch(std::size_t worker);
    bool full() const noexcept;
    std::size_t next_worker() noexcept;

    worker_group& group_;
    tcp_listener& door_;
    const std::size_t most_peers_;
    std::vector<std::size_t> peers_;  // Of each worker.
    std::vector<bool> ended_;         // Likewise: it serves nobody any more.
    std::size_t last_ = 0;            // The worker that got the last one.
    auto_event one_left_;
    std::error_code last_end_;  // Of a worker.
    std::error_code end_;
    bool over_ = false;
};

template <class F, class... Args>
class peer_service_of final : public peer_service {
  public:
    peer_service_of(worker_group& group, tcp_listener& door, serve_options options, F f,
                    std::tuple<Args...> args)
        : peer_service(group, door, options), f_(std::move(f)), args_(std::move(args)) {}

  private:
    task<> serve(tcp_stream peer) const override {
        return std::apply([&](const Args&... args) { return call(f_, std::move(peer), args...); },
                          args_);
    }

    /// Keeps what it is given for as long as the peer is served. What that returns is dropped.
    static task<> call(F f, tcp_stream peer, Args... args) {
        (void)co_await std::invoke(std::move(f), std::move(peer), std::move(args)...);
    }

    F f_;
    std::tuple<Args...> args_;
};

/// Accepts one peer after the other and serves each on the worker that has fewest: there
/// `f(peer, args...)` is started, which takes a `tcp_stream` first and returns a task.
///
/// A peer is handed over as what it is, a number of the process: it travels with its task, and a
/// worker that sleeps is woken by a message from ring to ring. Where a worker wants a direct
/// descriptor, `make_direct` there is one entry more.
///
/// Returns: success once the listener is closed. In any case it is over when all peers have gone;
/// until then it counts as a task of the group, for which a `drain` waits.
/// Errors: stopped when all workers were; canceled, timed_out (through `within`); what else
/// accept4(2) reports. When descriptors run out it waits, as the listener does. What `f` throws
/// ends all peers and is rethrown, as is `std::bad_alloc` without memory for a peer's task; an
/// error that `f` returns is dropped.
/// Cancel: reaches the peers too, and they are waited for. A worker that was stopped alone gets no
/// more of them; one that is on its way there is closed.
/// Lifetime: group and listener outlive it. Each peer has copies of `f` and the arguments.
/// Threads: of the listener's home, which may be one of the group's or none; `f` runs on workers.
template <class F, class... Args>
    requires std::is_invocable_v<F, tcp_stream, Args...>
[[nodiscard]] task<result<void>> serve_on(worker_group& group, tcp_listener& door,
                                          serve_options options, F f, Args... args) {
    peer_service_of<F, Args...> service(group, door, options, std::move(f),
                                        std::tuple<Args...>(std::move(args)...));
    co_return co_await service.run();
}

}  // namespace lariat
