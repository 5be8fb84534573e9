#include "aio/transport/acceptor.hpp"

#include <algorithm>

#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/on.hpp"
#include "runtime/when_any.hpp"

namespace lariat {
namespace {

/// On a worker: ends with the group. Returns: why, always an error.
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
      last_(group.size() - 1) {
    check(most_peers_ > 0, "serve_on: of no peers");
}

task<result<void>> peer_service::run() {
    {
        task_scope peers;
        peers.spawn(accept_until_end(peers));
        co_await peers.join();
    }
    co_return end_;
}

task<> peer_service::accept_until_end(task_scope& peers) {
    auto first = co_await when_any(accept_all(peers), on(group_[0], until_ended()));
    if (first.index == 0) {
        // That the listener was closed is the end which is asked for.
        const std::error_code why = first.get<0>();
        if (why != error::closed) end_ = why;
        co_return;
    }
    // The group has ended, and its peers hear of it by themselves; or all of this was cancelled.
    end_ = first.get<1>().error();
}

task<std::error_code> peer_service::accept_all(task_scope& peers) {
    for (;;) {
        while (full()) {
            const auto left = co_await one_left_.wait();
            if (!left) co_return left.error();
        }
        auto peer = co_await door_.accept();
        if (!peer) co_return peer.error();
        peers.spawn(visit(place(*this, next_worker()), *std::move(peer)));
    }
}

task<> peer_service::visit(place taken, tcp_stream peer) {
    std::ignore = co_await on(group_[taken.worker()], serve(std::move(peer)));
}

bool peer_service::full() const noexcept {
    return std::ranges::all_of(peers_, [this](std::size_t count) { return count >= most_peers_; });
}

/// The one that has least to do and room for another; of several the next after the last.
std::size_t peer_service::next_worker() noexcept {
    const std::size_t count = group_.size();
    std::size_t best = count;
    std::size_t least = SIZE_MAX;
    for (std::size_t step = 1; step <= count; ++step) {
        const std::size_t each = (last_ + step) % count;
        const std::size_t load = group_.load(each) + peers_[each];
        if (peers_[each] >= most_peers_ || load >= least) continue;
        best = each;
        least = load;
    }
    last_ = best;
    return best;
}

}  // namespace lariat
