#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "aio/sp/message.hpp"
#include "aio/sp/peer.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"
#include "runtime/wait_list.hpp"

namespace lariat {

/// A message, and the peer that it came from.
struct arrival {
    message what;
    peer_handle from;

    arrival(message&& came, peer_handle&& who) noexcept
        : what(std::move(came)), from(std::move(who)) {}
};

/// What all peers have kept, received one from each in turn: who sends much does not hold up the
/// others.
class arrival_queue {
  public:
    class receiving;

    /// The peer keeps one more, until it is received.
    reception keep(sp_peer& from, message& what) noexcept {
        if (!hold(from, what)) return reception::no_memory;
        offer(from);
        return reception::taken;
    }

    /// The same, but of a peer that is not offered it is not received.
    /// Returns: false without memory for it.
    bool hold(sp_peer& from, message& what) noexcept {
        if (!from.keep(what)) return false;
        if (!offers(from)) return true;
        ++available_;
        promise();
        return true;
    }

    bool offers(sp_peer& from) const noexcept { return peers_.has(from); }

    /// What it has kept is received from here on.
    void offer(sp_peer& from) noexcept {
        if (offers(from) || !from.has_kept()) return;
        available_ += from.count_kept();
        peers_.add(from);
        promise();
    }

    /// What it has kept is not received for now, unless receivers were promised all that there is.
    void withhold(sp_peer& from) noexcept {
        if (!offers(from) || unclaimed() < from.count_kept()) return;
        available_ -= from.count_kept();
        peers_.remove(from);
    }

    /// Whether receivers were promised messages that they have yet to take.
    bool owes() const noexcept { return claimed_ > 0; }

    /// What it has kept is not to be received any more. Requires: closed, or it has kept nothing,
    /// or nothing is owed.
    void forget(sp_peer& from) noexcept {
        if (!offers(from)) return;
        available_ -= from.count_kept();
        peers_.remove(from);
    }

    /// Nobody wants what it has kept; but what a receiver was promised stays.
    void drop(sp_peer& from) noexcept {
        if (!offers(from)) return from.drop_kept(from.count_kept());
        const std::size_t count = std::min(from.count_kept(), unclaimed());
        available_ -= count;
        from.drop_kept(count);
        if (!from.has_kept()) peers_.remove(from);
    }

    void close() noexcept {
        closed_ = true;
        wait_list::section now;
        receivers_.fail_all(make_error_code(error::closed), now);
    }

  private:
    /// A closed queue may have forgotten what was promised.
    std::size_t unclaimed() const noexcept {
        return available_ > claimed_ ? available_ - claimed_ : 0;
    }

    // What a receiver was promised stays where it is until its turn: it may be destroyed first.
    void promise() noexcept {
        wait_list::section now;
        while (unclaimed() > 0 && receivers_.release_one(now)) ++claimed_;
    }

    arrival taken() noexcept {
        sp_peer& from = peers_.front();
        --available_;
        if (from.count_kept() > 1)
            peers_.add(from);
        else
            peers_.remove(from);
        peer_handle who = from.handle();
        return {from.take(), std::move(who)};
    }

    peer_list<among_arrivals> peers_;
    std::size_t available_ = 0;
    std::size_t claimed_ = 0;
    wait_list receivers_;
    bool closed_ = false;
};

/// A wait for the next of them.
class arrival_queue::receiving : public wait_list::entry {
  public:
    explicit receiving(arrival_queue& from) noexcept
        : entry(from.receivers_, "receive message"), from_(from) {}

    bool launch() noexcept {
        if (!admitted()) return false;
        if (from_.closed_) return refuse(make_error_code(error::closed));
        wait_list::section now;
        if (from_.unclaimed() == 0) return enter(now);
        ++from_.claimed_;
        return pass();
    }

  protected:
    ~receiving() = default;

    result<arrival> take() noexcept {
        if (!told()) return error_;
        --from_.claimed_;
        if (from_.closed_ || from_.available_ == 0) return make_error_code(error::closed);
        return from_.taken();
    }

  private:
    bool give_back(wait_list::section&) noexcept override {
        --from_.claimed_;
        from_.promise();
        return true;
    }

    arrival_queue& from_;
};

/// Yields `result<message>`.
class message_receiving final : public arrival_queue::receiving,
                                public awaiting<message_receiving> {
  public:
    using receiving::receiving;
    ~message_receiving() { leave(); }

    result<message> await_resume() noexcept {
        auto came = take();
        if (!came) return came.error();
        return std::move(came->what);
    }
};

struct message_receive_description {
    arrival_queue& from;
    message_receiving operator co_await() const noexcept { return message_receiving(from); }
};

}  // namespace lariat
