#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "aio/address.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_context.hpp"
#include "aio/transport/tls_error.hpp"
#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/composite.hpp"
#include "runtime/error.hpp"
#include "runtime/event.hpp"
#include "runtime/result.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace lariat {

struct tls_listen_options {
    /// For the handshake of each peer.
    duration limit = std::chrono::seconds(10);
    /// Peers that have shaken hands and wait to be accepted; at so many no other is taken.
    std::size_t backlog = 128;
    /// Peers that shake hands at once; at so many no other is taken until one is done, or has had
    /// its `limit`.
    std::size_t most_shaking = 1024;
};

/// Starts a task on the scheduler that runs here; it ends by itself, or with the scheduler.
/// Errors: operation_not_supported where no scheduler runs.
result<void> start_in_background(task<> work);

/// `tcp://127.0.0.1:7000` becomes `tls://127.0.0.1:7000`, any other `tls+` and what it is.
std::string tls_url_of(const std::string& below);

/// Waits for peers who speak TLS, over a listener of any type. It takes peers, and shakes hands
/// with several at once, from the moment it is open: one who is slow, silent or speaks something
/// else is dropped, and holds up nobody before there are `most_shaking` of its kind.
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
    /// a client.
    static result<tls_listener> open(Listener below, tls_context context,
                                     tls_listen_options options = {}) {
        if (const auto usable = tls_engine::server(context); !usable) return usable.error();
        auto made = std::make_shared<state>(std::move(below), std::move(context), options);
        const auto started = start_in_background(take_peers(made));
        if (!started) return started.error();
        return tls_listener(std::move(made));
    }

    /// Yields the next peer who has shaken hands.
    /// Errors: closed, canceled, timed_out (through `within`); what else the listener reports.
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
    /// Shared with the task that takes peers.
    struct state {
        state(Listener door, tls_context with, tls_listen_options how)
            : below(std::move(door)), context(std::move(with)), options(how) {}

        bool has_room() const noexcept {
            return ready.size() < options.backlog && shaking < options.most_shaking;
        }
        void pulse() noexcept {
            changed.set();
            changed.reset();
        }
        void end(std::error_code why) noexcept {
            if (!ended) ended = why;
            ready.clear();
            pulse();
        }
        void close() noexcept {
            below.close();
            end(make_error_code(error::closed));
        }

        Listener below;
        const tls_context context;
        const tls_listen_options options;
        std::deque<made_stream> ready;
        std::size_t shaking = 0;
        std::error_code ended;
        event changed;
    };
    using state_pointer = std::shared_ptr<state>;

    explicit tls_listener(state_pointer made) noexcept : state_(std::move(made)) {}

    static task<result<made_stream>> next_of(state_pointer from) {
        if (!from) co_return error::closed;
        for (;;) {
            if (from->ended) co_return from->ended;
            if (!from->ready.empty()) {
                made_stream peer = std::move(from->ready.front());
                from->ready.pop_front();
                from->pulse();
                co_return peer;
            }
            const auto woken = co_await from->changed.wait();
            if (!woken) co_return woken.error();
        }
    }

    static task<> take_peers(state_pointer of) {
        task_scope handshakes;
        while (!of->ended) {
            if (!of->has_room()) {
                const auto woken = co_await of->changed.wait();
                if (!woken) of->end(woken.error());
                continue;
            }
            auto peer = co_await of->below.accept();
            if (!peer) {
                of->end(peer.error());
                break;
            }
            ++of->shaking;
            handshakes.spawn(&shake_hands, of, *std::move(peer));
        }
        handshakes.cancel();
        co_await handshakes.join();
    }

    static task<> shake_hands(state_pointer of, below_stream peer) {
        const struct leave {
            state& from;
            ~leave() {
                --from.shaking;
                from.pulse();
            }
        } leaves_at_the_end{*of};
        // What a chooser throws, or a lack of memory, costs one peer and nobody else.
        try {
            auto made =
                co_await tls_accept(std::move(peer), of->context, {.limit = of->options.limit});
            if (made && !of->ended) of->ready.push_back(*std::move(made));
        } catch (...) {
            co_return;
        }
    }

    state_pointer state_;
};

}  // namespace lariat
