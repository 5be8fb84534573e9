#include "aio/transport/acceptor.hpp"

#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/on.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"

namespace lariat {
namespace {

/// On a worker: ends with it.
task<result<void>> until_ended() {
    event never;
    co_return co_await never.wait();
}

}  // namespace

/// One of the peers that a worker may have; given back when the peer has gone.
class peer_service::place {
  public:
    place(peer_service& service, std::size_t worker) noexcept
        : service_(&service), worker_(worker) {
        ++service_->peers_[worker_];
    }
    place(place&& other) noexcept
        : service_(std::exchange(other.service_, nullptr)), worker_(other.worker_) {}
    place& operator=(place&&) = delete;
    ~place() {
        if (!service_) return;
        --service_->peers_[worker_];
        service_->one_left_.set();
    }

    std::size_t worker() const noexcept { return worker_; }

  private:
    peer_service* service_;
    std::size_t worker_;
};

peer_service::peer_service(worker_group& group, tcp_listener& door, serve_options options)
    : group_(group),
      door_(door),
      most_peers_(options.most_peers),
      peers_(group.size()),
      ended_(group.size()),
      last_(group.size() - 1) {
    check(most_peers_ > 0, "serve_on: of no peers");
}

task<result<void>> peer_service::run() {
    // The group has tasks of this as long as a peer may come or is there: a drain waits for them.
    std::ignore = co_await when_any(serve_all(), watch_all());
    co_return end_;
}

task<> peer_service::serve_all() {
    task_scope peers;
    peers.spawn(accept_all(peers));
    co_await peers.join();
}

task<> peer_service::accept_all(task_scope& peers) {
    for (;;) {
        while (full()) {
            const auto left = co_await one_left_.wait();
            if (!left) co_return end(left.error());
        }
        auto peer = co_await door_.accept();
        if (!peer) co_return end(peer.error());
        peers.spawn(visit(place(*this, next_worker()), *std::move(peer)));
    }
}

/// The first end counts.
void peer_service::end(std::error_code why) noexcept {
    if (std::exchange(over_, true)) return;
    // That the listener was closed is the end which is asked for.
    if (why != error::closed) end_ = why;
}

/// Until the last worker has ended, or this was cancelled.
task<> peer_service::watch_all() {
    std::vector<task<>> workers;
    workers.reserve(group_.size());
    for (std::size_t each = 0; each < group_.size(); ++each) workers.push_back(watch(each));
    co_await when_all(std::move(workers));
    end(last_end_);
}

task<> peer_service::watch(std::size_t worker) {
    const auto ended = co_await on(group_[worker], until_ended());
    ended_[worker] = true;
    last_end_ = ended.error();
}

task<> peer_service::visit(place taken, tcp_stream peer) {
    std::ignore = co_await on(group_[taken.worker()], serve(std::move(peer)));
}

bool peer_service::full() const noexcept {
    for (std::size_t each = 0; each < peers_.size(); ++each)
        if (!ended_[each] && peers_[each] < most_peers_) return false;
    return true;
}

/// The one that has least to do and room for another; of several the next after the last. One that
/// ended while the peer was awaited gets it when nobody else may: there it is closed.
std::size_t peer_service::next_worker() noexcept {
    const std::size_t count = group_.size();
    std::size_t best = count;
    std::size_t least = SIZE_MAX;
    for (std::size_t step = 1; step <= count; ++step) {
        const std::size_t each = (last_ + step) % count;
        const std::size_t load = ended_[each] ? SIZE_MAX - 1 : group_.load(each) + peers_[each];
        if (peers_[each] >= most_peers_ || load >= least) continue;
        best = each;
        least = load;
    }
    last_ = best;
    return best;
}

}  // namespace lariat
