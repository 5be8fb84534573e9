#include "aio/sp/far_peer.hpp"

#include <utility>

namespace lariat {

far_link::far_link(std::size_t most_on_the_way) : most_(most_on_the_way) {
    // Where nothing is on the way nobody is told of room: the first message must not be refused.
    for (end_state& each : ends_) each.coming.reserve(1);
}

void far_link::end() noexcept {
    const std::lock_guard guard(lock_);
    over_ = true;
    for (end_state& each : ends_) post_news(each);
}

bool far_link::is_over() noexcept {
    const std::lock_guard guard(lock_);
    return over_;
}

void far_link::post_news(end_state& to) noexcept {
    if (!to.peer || to.posted) return;
    to.posted = true;
    to.peer->home_.post(to.peer->news_);
}

far_peer::far_peer(sp_rules& owner, std::size_t most_kept, std::shared_ptr<far_link> link,
                   far_link::side which)
    : sp_peer(owner, most_kept), link_(std::move(link)), side_(which) {
    come_.reserve(1);  // It changes places with what is on the way.
}

void far_peer::begin() noexcept {
    const std::lock_guard guard(link_->lock_);
    auto& own = link_->at(side_);
    own.peer = this;
    far_link::post_news(own);  // Something may have come before this end was taken.
    if (side_ == far_link::side::listened) return;
    auto& there = link_->at(far_link::side::listened);
    there.may_send = true;
    far_link::post_news(there);
}

far_peer::~far_peer() {
    disconnect();
    link_->lock_.lock();
    const bool posted = link_->at(side_).posted;
    link_->lock_.unlock();
    if (posted) home_.flush();
}

/// Whether the other end may be given something of its own accord. Requires: under the lock.
/// One that has dialed may never come in; by then its socket has said so to whoever dialed.
bool far_peer::has_begun(const far_link::end_state& there) const noexcept {
    return side_ == far_link::side::dialed || there.peer != nullptr;
}

bool far_peer::has_room() const noexcept {
    const std::lock_guard guard(link_->lock_);
    const auto& there = link_->at(far_link::other(side_));
    return !link_->over_ && has_begun(there) && !link_->full(there);
}

bool far_peer::try_send(message& what) noexcept {
    const std::lock_guard guard(link_->lock_);
    auto& there = link_->at(far_link::other(side_));
    if (link_->over_) return false;
    if (has_begun(there) && !link_->full(there) && put(what)) return true;
    there.refused = true;
    return false;
}

bool far_peer::send_beyond(message& what) noexcept {
    const std::lock_guard guard(link_->lock_);
    if (!link_->over_) return put(what);
    what = {};
    return true;
}

void far_peer::send_newest(message what) noexcept {
    const std::lock_guard guard(link_->lock_);
    auto& there = link_->at(far_link::other(side_));
    if (link_->over_ || !has_begun(there)) return;
    // Without memory for one more there is that of another, which is older.
    while (link_->full(there) || !put(what)) there.bytes -= there.coming.pop().size();
}

/// Puts a message on its way. Requires: under the lock, and the link is not over.
bool far_peer::put(message& what) noexcept {
    auto& there = link_->at(far_link::other(side_));
    const std::size_t size = what.size();
    if (!there.coming.push(std::move(what))) return false;
    there.bytes += size;
    there.refused = there.refused || link_->full(there);
    far_link::post_news(there);
    return true;
}

void far_peer::disconnect() noexcept {
    channel_queue<message>().swap(come_);
    channel_queue<message> coming;  // Destroyed without the lock.
    const std::lock_guard guard(link_->lock_);
    auto& own = link_->at(side_);
    if (!own.peer && side_ == far_link::side::listened) return;
    own.peer = nullptr;
    own.coming.swap(coming);
    link_->over_ = true;
    far_link::post_news(link_->at(far_link::other(side_)));
}

void far_peer::look() noexcept {
    bool may_send = false;
    {
        const std::lock_guard guard(link_->lock_);
        auto& own = link_->at(side_);
        own.posted = false;
        if (!own.peer) return;
        may_send = std::exchange(own.may_send, false);
        last_ = link_->over_;
    }
    if (may_send) owner_.has_room(*this);
    deliver();
}

/// Returns: whether something has come.
bool far_peer::fetch() noexcept {
    const std::lock_guard guard(link_->lock_);
    auto& own = link_->at(side_);
    come_.swap(own.coming);
    own.bytes = 0;
    if (std::exchange(own.refused, false)) {
        auto& there = link_->at(far_link::other(side_));
        there.may_send = true;
        far_link::post_news(there);
    }
    last_ = link_->over_;
    return come_.size() != 0;
}

/// Returns: false without memory for the oldest, which stays.
bool far_peer::hand_on() noexcept {
    const auto became = owner_.arrived(*this, come_.front());
    if (became == reception::no_memory) return false;
    if (became == reception::wrong) end();
    (void)come_.pop();
    return true;
}

void far_peer::deliver() noexcept {
    if (std::exchange(delivering_, true)) return;
    bool memory = true;
    do {
        // The last is kept whatever room there is: nobody may take it before this end is known.
        while (memory && come_.size() != 0 && (last_ || !holds_up())) memory = hand_on();
    } while (come_.size() == 0 && fetch());
    delivering_ = false;
    if (last_ && (come_.size() == 0 || (!memory && !owner_.wants_what_is_left()))) end();
}

}  // namespace lariat
