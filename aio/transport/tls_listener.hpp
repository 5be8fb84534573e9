#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "aio/address.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_context.hpp"
#include "aio/transport/tls_engine.hpp"
#include "aio/transport/tls_error.hpp"
#include "aio/transport/tls_session.hpp"
#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/composite.hpp"
#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/home.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/result.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"
#include "runtime/within.hpp"

namespace lariat {

struct tls_listen_options {
    /// For the handshake of each peer.
    duration limit = std::chrono::seconds(10);
    /// Peers that have shaken hands and wait to be accepted; at so many no other is taken.
    std::size_t backlog = 128;
    /// Peers that shake hands at once. At so many the next one waits until one is done, has had its
    /// `limit`, or makes way.
    std::size_t most_shaking = 1024;
    /// Who has not said hello after so long makes way for the next one, the oldest first.
    duration patience = std::chrono::milliseconds(250);
};

/// Starts a task on the scheduler that runs here; it ends by itself, or with the scheduler.
/// Errors: operation_not_supported where no scheduler runs.
result<void> start_in_background(task<> work);

/// `tcp://127.0.0.1:7000` becomes `tls://127.0.0.1:7000`, any other `tls+` and what it is.
std::string tls_url_of(const std::string& below);

/// Waits for peers who speak TLS, over a listener of any type. It takes peers, and shakes hands
/// with several at once, from the moment it is open: one who is slow, silent or speaks something
/// else is dropped, and holds up nobody. Of silent ones it takes `most_shaking` in each `patience`
/// to keep others waiting; who has said hello has all of the `limit`, and so many of these do.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed while it accepts.
template <stream_listener Listener>
class tls_listener {
    using below_stream =
        typename await_result<decltype(std::declval<Listener&>().accept())>::value_type;
    using made_stream = tls_stream<below_stream>;

  public:
    /// Closed from the start.
    tls_listener() noexcept = default;
    tls_listener(tls_listener&&) noexcept = default;
    tls_listener& operator=(tls_listener&& other) noexcept {
        close();
        state_ = std::move(other.state_);
        return *this;
    }
    ~tls_listener() { close(); }

    /// Takes over a listener.
    /// Errors: operation_not_supported where no scheduler runs; invalid_argument for the context of
    /// a client. Throws `std::bad_alloc`.
    static result<tls_listener> open(Listener below, tls_context context,
                                     tls_listen_options options = {}) {
        if (const auto usable = tls_engine::server(context); !usable) return usable.error();
        auto made = std::make_shared<state>(std::move(below), std::move(context), options);
        const auto started = start_in_background(take_peers(made));
        if (!started) return started.error();
        return tls_listener(std::move(made));
    }

    /// Yields the next peer who has shaken hands.
    /// Errors: closed, canceled, timed_out (through `within`); what else the listener reports, or
    /// throws, and `std::bad_alloc` without memory for a peer: each is told once, and the next call
    /// goes on.
    /// Cancel: no peer is lost; it is there for the next.
    task<result<made_stream>> accept() { return next_of(state_); }

    /// Takes no more peers: what accepts ends with `closed`, who has not been accepted is dropped.
    /// Twice is fine.
    void close() noexcept {
        if (state_) state_->close();
    }
    bool is_open() const noexcept { return state_ && state_->below.is_open(); }

    /// Where it listens. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const {
        if (!is_open()) return std::make_error_code(std::errc::bad_file_descriptor);
        return state_->below.local_address();
    }

    /// What a peer dials: `tls://127.0.0.1:7000`; empty once it is closed.
    std::string url() const { return is_open() ? tls_url_of(state_->below.url()) : std::string(); }

    /// The listener below, for options of its own. Requires: not one that was made closed, or moved
    /// from.
    Listener& below() noexcept {
        check(state_ != nullptr, "tls_listener: there is none below");
        return state_->below;
    }

  private:
    struct state;

    /// One that goes on.
    struct handshake : list_hook<> {
        handshake(state& in, tls_session& with) noexcept
            : session(with), since(home::current().now()) {
            in.silent.push_back(*this);
            in.pulse();  // Who waits for room has one more to look at.
        }
        ~handshake() {
            if (this->linked()) this->unlink();
        }

        tls_session& session;
        const time_point since;
    };

    /// Shared with the task that takes peers.
    struct state {
        state(Listener door, tls_context with, tls_listen_options how)
            : below(std::move(door)), context(std::move(with)), options(how) {}

        bool takes_more() const noexcept { return ready.size() < options.backlog && !has_news(); }
        bool is_full() const noexcept { return shaking >= options.most_shaking; }
        /// What went wrong with one peer, or with the wait for it, is said once; then it goes on.
        bool has_news() const noexcept { return failed || thrown; }
        void pulse() noexcept {
            changed.set();
            changed.reset();
        }
        void fail(std::error_code why) noexcept {
            const bool for_good =
                why == error::closed || why == error::canceled || why == error::stopped;
            (for_good ? ended : failed) = why;
            pulse();
        }
        void close() noexcept {
            below.close();
            ended = make_error_code(error::closed);
            ready.clear();
            failed.clear();
            thrown = nullptr;
            pulse();
        }
        /// Drops the one who has been silent for longest, if that is too long.
        /// Returns: when to look again, if nothing has changed before.
        time_point make_way() noexcept {
            while (!silent.empty()) {
                handshake& oldest = silent.front();
                const bool speaks = oldest.session.heard_hello();
                const time_point due = after(oldest.since, options.patience);
                if (!speaks && home::current().now() < due) return due;
                oldest.unlink();
                if (speaks) continue;
                oldest.session.close();
                break;
            }
            return never;
        }

        Listener below;
        const tls_context context;
        const tls_listen_options options;
        std::deque<made_stream> ready;
        std::size_t shaking = 0;
        intrusive_list<handshake> silent;  // Those who were, when somebody looked; oldest first.
        std::error_code failed;
        std::exception_ptr thrown;
        std::error_code ended;
        event changed;
    };
    using state_pointer = std::shared_ptr<state>;

    /// One of those who shake hands; given back when it has ended.
    class place {
      public:
        explicit place(state_pointer of) noexcept : of_(std::move(of)) { ++of_->shaking; }
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() {
            if (!of_) return;
            --of_->shaking;
            of_->pulse();
        }

        state& operator*() const noexcept { return *of_; }

      private:
        state_pointer of_;
    };

    explicit tls_listener(state_pointer made) noexcept : state_(std::move(made)) {}

    static task<result<made_stream>> next_of(state_pointer from) {
        if (!from) co_return error::closed;
        while (from->ready.empty() && !from->has_news() && !from->ended) {
            const auto woken = co_await from->changed.wait();
            if (!woken) co_return woken.error();
        }
        from->pulse();
        if (!from->ready.empty()) {
            made_stream peer = std::move(from->ready.front());
            from->ready.pop_front();
            co_return peer;
        }
        if (from->thrown) std::rethrow_exception(std::exchange(from->thrown, nullptr));
        if (from->failed) co_return std::exchange(from->failed, {});
        co_return from->ended;
    }

    static task<> take_peers(state_pointer of) {
        task_scope handshakes;
        while (!of->ended) {
            if (!of->takes_more()) {
                const auto woken = co_await of->changed.wait();
                if (!woken) of->fail(woken.error());
                continue;
            }
            // A lack of memory is one of whoever waits here, as it is at the listener below.
            try {
                auto peer = co_await of->below.accept();
                if (!peer) {
                    of->fail(peer.error());
                    continue;
                }
                while (of->is_full() && !of->ended) {
                    const auto woken = co_await within(of->make_way(), of->changed.wait());
                    if (woken || woken.error() == error::timed_out) continue;
                    // Cancelled, or without memory for the limit: then whoever goes ends it.
                    of->fail(woken.error());
                    (void)co_await of->changed.wait();
                }
                if (!of->ended) handshakes.spawn(&shake_hands, place(of), *std::move(peer));
            } catch (...) {
                of->thrown = std::current_exception();
                of->pulse();
            }
        }
        handshakes.cancel();
        co_await handshakes.join();
    }

    static task<> shake_hands(place at, below_stream peer) {
        state& of = *at;
        // What a chooser throws, or a lack of memory, costs one peer and nobody else.
        try {
            auto engine = tls_engine::server(of.context);
            if (!engine) co_return;
            auto session = make_tls_session(std::move(peer), *std::move(engine));
            const handshake shaking(of, *session);
            const auto begun = co_await session->begin(of.options.limit);
            if (begun && !of.ended) of.ready.push_back(made_stream(std::move(session)));
        } catch (...) {
            co_return;
        }
    }

    state_pointer state_;
};

}  // namespace lariat
