#include "aio/sp/push_socket.hpp"

#include <utility>

namespace lariat {

bool push_socket::give_to_ready(message& what) noexcept {
    while (!ready_.empty()) {
        sp_peer& next = ready_.front();
        const bool given = next.try_send(what);
        if (given && next.has_room())
            ready_.add(next);  // Behind the others.
        else
            ready_.remove(next);
        if (given) return true;
    }
    return false;
}

bool push_socket::offer(message& what) noexcept {
    if (give_to_ready(what)) return true;
    if (peer_count() == 0 || waiting_.full() || !waiting_.push(std::move(what))) return false;
    unsent.add(1);
    return true;
}

void push_socket::has_room(sp_peer& who) noexcept {
    ready_.add(who);
    while (!waiting_.empty() &&
           waiting_.give([&](message& oldest) noexcept { return give_to_ready(oldest); })) {
        unsent.remove(1);
    }
    outlet_.serve();
}

/// A peer about to send takes its share of what waits, so that few calls move many messages.
void push_socket::refill(sp_peer& who) noexcept {
    if (waiting_.empty()) return;
    const std::size_t peers = peer_count();
    for (std::size_t share = (waiting_.size() + peers - 1) / peers; share > 0; --share)
        if (!who.enqueue(waiting_)) break;
    ready_.remove(who);
    outlet_.serve();
}

}  // namespace lariat
