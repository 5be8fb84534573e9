#include "aio/sp/socket.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "aio/dial.hpp"
#include "aio/sp/door.hpp"
#include "aio/sp/near_peer.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/yield.hpp"

namespace lariat {

/// A peer's time with a socket: it may join from here on, and is gone after it.
class sp_socket::membership {
  public:
    membership(sp_socket& with, std::unique_ptr<sp_peer> who) noexcept
        : with_(&with), who_(std::move(who)) {}
    membership(membership&& other) noexcept : with_(other.with_), who_(std::move(other.who_)) {}
    membership& operator=(membership&&) = delete;
    ~membership() {
        if (!who_) return;
        leave();
        with_->bury(std::move(who_));
    }

    void leave() noexcept {
        if (!peer_list<among_peers>::has(*who_)) return;
        --with_->peer_count_;
        with_->peers_.remove(*who_);
        with_->left(*who_);
        who_->disconnect();
    }

    sp_peer& peer() const noexcept { return *who_; }

  private:
    sp_socket* with_;
    std::unique_ptr<sp_peer> who_;
};

sp_socket::sp_socket(sp_protocol own, const sp_options& options, sp_pace pace)
    : protocol_(own), options_(options), pace_(pace) {
    tasks_.emplace();
}

sp_socket::~sp_socket() {
    check(!tasks_ || tasks_->size() == 0, "sp_socket: its protocol has not shut it down");
}

void sp_socket::close() noexcept {
    if (std::exchange(closed_, true)) return;
    const auto why = make_error_code(error::closed);
    closing();
    while (!departed_.empty()) forget(departed_.front());
    unsent.fail(why);
    peers_changed_.set();
    closing_.set();
    tasks_->cancel(why);
}

task_scope::join_description sp_socket::stop() noexcept {
    close();
    return tasks_->join();
}

void sp_socket::shut_down() noexcept {
    close();
    tasks_.reset();
}

/// What a socket does by itself ends with it, and it with what it does: whoever made it was
/// cancelled then.
task<> sp_socket::supervise(task<> body) {
    try {
        co_await std::move(body);
    } catch (...) {
        close();
        throw;
    }
    if (here.line->reason) close();
}

void sp_socket::start(task<> body) { tasks_->spawn(supervise(std::move(body))); }

task<result<void>> sp_socket::wait_for_peers(std::size_t count) {
    while (!closed_ && peer_count_ < count) {
        const auto changed = co_await peers_changed_.wait();
        if (!changed) co_return changed.error();
    }
    if (closed_) co_return error::closed;
    co_return {};
}

task<result<void>> sp_socket::adopt(any_stream stream, sp_mapping mapping) {
    if (crowded()) co_return std::make_error_code(std::errc::connection_refused);
    try {
        auto race = co_await when_any(greet(std::move(stream), mapping), closing_.wait());
        auto& made = race.get<0>();
        if (closed_) co_return error::closed;
        if (!made) co_return made.error();
        sp_peer& who = made->peer();
        if (!may_join(who)) co_return std::make_error_code(std::errc::connection_refused);
        start(host(*std::move(made)));
        let_in(who);
    } catch (const std::bad_alloc&) {
        co_return std::make_error_code(std::errc::not_enough_memory);
    }
    co_return {};
}

/// One that is in already may stay.
bool sp_socket::may_join(sp_peer& who) const noexcept {
    return peer_list<among_peers>::has(who) || (!closed_ && admits());
}

/// Whoever has let it in has taken all the memory that it needs: from here on it is given messages,
/// and loses none of them for want of any.
void sp_socket::let_in(sp_peer& who) noexcept {
    if (peer_list<among_peers>::has(who)) return;
    while (forgets() && !owes() && is_too_much_left()) forget_oldest();
    ++peer_count_;
    peers_.add(who);
    who.begin();
    joined(who);
    peers_changed_.set();
    peers_changed_.reset();
}

/// What a peer has left behind stays until it is received, and so does what is left of the peer.
void sp_socket::bury(std::unique_ptr<sp_peer> who) noexcept {
    if (closed_ || !who->has_kept()) {
        gone(*who);
        return;
    }
    left_behind_.messages += who->count_kept();
    left_behind_.bytes += who->bytes_kept();
    who->outlive();
    departed_.add(*who.release());
}

void sp_socket::forget(sp_peer& who) noexcept {
    departed_.remove(who);
    gone(who);
    delete &who;
}

void sp_socket::forget_oldest() noexcept {
    sp_peer& who = departed_.front();
    left_behind_.messages -= who.count_kept();
    left_behind_.bytes -= who.bytes_kept();
    forget(who);
}

void sp_socket::taken_late(sp_peer& who, std::size_t size) noexcept {
    const bool was_crowded = crowded();
    --left_behind_.messages;
    left_behind_.bytes -= size;
    if (!who.has_kept()) forget(who);
    if (!was_crowded || crowded()) return;
    vacancy_.set();
    vacancy_.reset();
}

task<> sp_socket::host(membership who) {
    co_await who.peer().run();
    who.leave();
}

task<result<sp_socket::membership>> sp_socket::greet(any_stream stream, sp_mapping mapping) {
    try {
        message_pipe pipe(std::move(stream), mapping, options_.longest_message);
        const auto greeted = co_await pipe.greet(protocol_, options_.greeting_limit);
        if (!greeted) co_return greeted.error();
        if (closed_) co_return error::closed;
        if (!admits()) co_return std::make_error_code(std::errc::connection_refused);
        co_return membership(
            *this, std::make_unique<stream_peer>(rules(), std::move(pipe), options_, pace_));
    } catch (const std::bad_alloc&) {
        co_return std::make_error_code(std::errc::not_enough_memory);
    }
}

task<result<sp_socket::membership>> sp_socket::connect(const sp_place& where) {
    if (closed_) co_return error::closed;
    // The other side is not to believe for a moment that it has a peer.
    if (!takes_peers()) co_return std::make_error_code(std::errc::connection_refused);
    try {
        if (where.what == sp_place::kind::inproc) co_return meet(where.address);
        auto stream = co_await lariat::dial(std::string_view(where.address));
        if (!stream) co_return stream.error();
        co_return co_await greet(*std::move(stream), where.mapping);
    } catch (const std::bad_alloc&) {
        co_return std::make_error_code(std::errc::not_enough_memory);
    }
}

/// Errors: throws `std::bad_alloc`; then nobody has met.
result<sp_socket::membership> sp_socket::meet(const std::string& name) {
    auto found = sp_door::find(name, protocol_);
    if (!found) return found.error();
    const std::size_t most_kept = options_.receive_queue;
    if (auto* const link = std::get_if<std::shared_ptr<far_link>>(&*found)) {
        try {
            return membership(*this, std::make_unique<far_peer>(rules(), most_kept, *link,
                                                                far_link::side::dialed));
        } catch (const std::bad_alloc&) {
            (*link)->end();  // The other side may have taken its end.
            throw;
        }
    }
    sp_socket& there = **std::get_if<sp_socket*>(&*found);
    // A pair that finds itself has nobody to talk to.
    if (&there == this || !there.takes_peers())
        return std::make_error_code(std::errc::connection_refused);
    auto ends = near_peer::make(rules(), most_kept, there.rules(), there.options_.receive_queue);
    sp_peer& other = *ends.second;
    membership ours(*this, std::move(ends.first));
    there.start(there.host(membership(there, std::move(ends.second))));
    there.let_in(other);
    let_in(ours.peer());
    return ours;
}

task<> sp_socket::redial(sp_place where, std::optional<membership> first) {
    backoff pauses(options_.reconnect);
    while (!cancelled()) {
        time_point joined = never;
        try {
            while (!first && crowded()) {
                const auto vacant = co_await vacancy_.wait();
                if (!vacant) co_return;
            }
            if (!first) {
                auto made = co_await connect(where);
                if (made && may_join(made->peer())) {
                    first.emplace(*std::move(made));
                    let_in(first->peer());
                }
            }
            if (first) {
                joined = home::current().now();
                co_await first->peer().run();
            }
        } catch (const std::bad_alloc&) {
            first.reset();  // As one that cannot be reached, or is lost.
        }
        first.reset();
        // One that is sent away as soon as it has greeted is no better than one that refuses.
        if (joined != never && home::current().now() - joined > options_.reconnect.first)
            pauses = backoff(options_.reconnect);
        const auto paused = co_await sleep_for(pauses.next());
        if (!paused) co_await yield();  // Cancelled, or without memory for a pause.
    }
}

task<result<std::string>> sp_socket::listen(std::string url) {
    try {
        auto where = sp_place::parse(url);
        if (!where) co_return where.error();
        if (closed_) co_return error::closed;
        if (where->what == sp_place::kind::inproc) {
            auto door = sp_door::open(where->address, *this, protocol_, options_.receive_queue);
            if (!door) co_return door.error();
            start(accept_far(*std::move(door)));
            co_return url;
        }
        auto door = co_await listen_at(std::string_view(where->address));
        if (!door) co_return door.error();
        if (closed_) co_return error::closed;
        // Only a port may be another one than was asked for; the scheme may be by another name.
        if (where->mapping == sp_mapping::tcp) {
            const std::string open = door->url();
            url.resize(url.find(':'));
            url.append(open, std::min(open.find(':'), open.size()));
        }
        start(accept_streams(*std::move(door), where->mapping));
        co_return url;
    } catch (const std::bad_alloc&) {
        co_return std::make_error_code(std::errc::not_enough_memory);
    }
}

task<> sp_socket::accept_streams(any_listener door, sp_mapping mapping) {
    backoff pauses(options_.reconnect);
    while (!cancelled() && door.is_open()) {
        bool accepted = false;
        try {
            auto stream = co_await door.accept();
            // It is not greeted before: then it does not believe that it has a peer, and sends
            // nothing.
            while (stream && crowded()) {
                const auto vacant = co_await vacancy_.wait();
                if (!vacant) co_return;
            }
            accepted = stream.has_value();
            if (accepted) start(host_stream(*std::move(stream), mapping));
        } catch (const std::bad_alloc&) {
            accepted = false;
        }
        if (accepted) {
            pauses = backoff(options_.reconnect);
            continue;
        }
        // A lack of descriptors or memory ends some time.
        const auto paused = co_await sleep_for(pauses.next());
        if (!paused) co_await yield();
    }
}

task<> sp_socket::host_stream(any_stream stream, sp_mapping mapping) {
    try {
        auto who = co_await greet(std::move(stream), mapping);
        if (!who || !may_join(who->peer())) co_return;
        let_in(who->peer());
        co_await who->peer().run();
        who->leave();
    } catch (const std::bad_alloc&) {
        co_return;  // That costs the peer, not the socket.
    }
}

/// Those of this thread come in by themselves.
task<> sp_socket::accept_far(std::unique_ptr<sp_door> door) {
    backoff pauses(options_.reconnect);
    while (!cancelled()) {
        while (crowded()) {
            const auto vacant = co_await vacancy_.wait();
            if (!vacant) co_return;
        }
        const auto link = door->first_visitor();
        if (!link) {
            const auto knocked = co_await door->knocked();
            if (!knocked) co_return;
            continue;
        }
        bool lacks_memory = false;
        try {
            membership who(*this, std::make_unique<far_peer>(rules(), options_.receive_queue, link,
                                                             far_link::side::listened));
            sp_peer& peer = who.peer();
            if (!may_join(peer)) {
                link->end();
                door->first_has_left();
                continue;
            }
            // Who is gone already leaves what is on the way, and then there may be a crowd.
            if (link->is_over()) {
                door->first_has_left();
                let_in(peer);
                co_await peer.run();
            } else {
                start(host(std::move(who)));
                door->first_has_left();
                let_in(peer);
            }
            pauses = backoff(options_.reconnect);
        } catch (const std::bad_alloc&) {
            lacks_memory = true;  // It waits at the door until there is some.
        }
        if (!lacks_memory) continue;
        const auto paused = co_await sleep_for(pauses.next());
        if (!paused) co_await yield();
    }
}

task<result<void>> sp_socket::dial(std::string url) {
    try {
        auto where = sp_place::parse(url);
        if (!where) co_return where.error();
        auto race = co_await when_any(connect(*where), closing_.wait());
        auto& made = race.get<0>();
        if (closed_) co_return error::closed;
        if (!made) co_return made.error();
        sp_peer& who = made->peer();
        if (!may_join(who)) co_return std::make_error_code(std::errc::connection_refused);
        start(redial(*std::move(where), *std::move(made)));
        let_in(who);
    } catch (const std::bad_alloc&) {
        co_return std::make_error_code(std::errc::not_enough_memory);
    }
    co_return {};
}

result<void> sp_socket::keep_dialing(std::string_view url) try {
    auto where = sp_place::parse(url);
    if (!where) return where.error();
    if (closed_) return error::closed;
    start(redial(*std::move(where), std::nullopt));
    return {};
} catch (const std::bad_alloc&) {
    return std::make_error_code(std::errc::not_enough_memory);
}

}  // namespace lariat
