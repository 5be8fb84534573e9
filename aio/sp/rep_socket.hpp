#pragma once

#include <cstddef>
#include <system_error>
#include <utility>

#include "aio/sp/arrivals.hpp"
#include "aio/sp/message.hpp"
#include "aio/sp/socket.hpp"
#include "aio/sp/trace.hpp"
#include "runtime/home.hpp"
#include "runtime/listed_wait.hpp"

namespace lariat {

class rep_socket;

struct rep_options : sp_options {
    /// Requests that have come a longer way, through devices, are dropped. At most 16.
    std::size_t most_hops = 8;
};

/// A question, and the way back to who asked it. One that is destroyed without a reply is forgotten
/// here; who asked may ask again.
/// Lifetime: the socket outlives it.
class rep_request {
  public:
    class replying;
    struct reply_description {
        rep_request& to;
        message& what;
        replying operator co_await() const noexcept;
    };

    rep_request(rep_socket& of, arrival&& came) noexcept
        : what(std::move(came.what)),
          socket_(&of),
          from_(std::move(came.from)),
          trace_(reply_trace::take(what)) {}

    message what;

    /// Sends the reply. `result<void>`, at once, whatever has not left yet; success too if nobody
    /// is there any more to receive it.
    /// Errors: closed; not_enough_memory; canceled. With an error the message is where it was, else
    /// it is empty. Lifetime: message and request outlive the wait.
    [[nodiscard]] reply_description reply(message& with) noexcept { return {*this, with}; }
    [[nodiscard]] reply_description reply(message&& with) noexcept { return {*this, with}; }

  private:
    rep_socket* socket_;
    peer_handle from_;
    reply_trace trace_;
};

/// Answers what req sockets ask. As many requests as one likes may be open at the same time, and be
/// answered in any order. What a peer has asked that is lost is not received any more.
///
/// A reply never waits, so that nobody who answers can be held up by a peer that does not read:
/// what such a peer asks is not received while its replies fill `send_queue`, and once its requests
/// fill `receive_queue` nothing is read from it. It costs that much, and a reply for each request
/// that had come by then.
///
///     while (auto asked = co_await answerer.receive())
///         (void)co_await asked->reply(answer_to(asked->what));
///
/// Source: nng_rep(7).
class rep_socket final : public sp_socket {
  public:
    class receiving;
    struct receive_description {
        rep_socket& from;
        receiving operator co_await() const noexcept;
    };

    explicit rep_socket(const rep_options& options = {});
    ~rep_socket() override { shut_down(); }

    /// Waits for a request, of each peer in turn. `result<rep_request>`.
    /// Errors: closed; canceled, timed_out (through `within`): then nothing was taken.
    [[nodiscard]] receive_description receive() noexcept { return {*this}; }

  private:
    void joined(sp_peer&) noexcept override {}
    void left(sp_peer& who) noexcept override;
    void gone(sp_peer& who) noexcept override { arrivals_.forget(who); }
    /// A request is lost with who asked.
    bool wants_what_is_left() const noexcept override { return false; }
    reception arrived(sp_peer& who, message& what) noexcept override;
    void has_room(sp_peer& who) noexcept override { arrivals_.offer(who); }
    void closing() noexcept override { arrivals_.close(); }

    friend class rep_request;
    bool send_back(sp_peer& who, const reply_trace& way, message& what) noexcept;

    const std::size_t most_hops_;
    arrival_queue arrivals_;
};

class rep_socket::receiving final : public arrival_queue::receiving,
                                    public awaiting<rep_socket::receiving> {
  public:
    explicit receiving(rep_socket& from) noexcept
        : arrival_queue::receiving(from.arrivals_), socket_(from) {}
    ~receiving() { leave(); }

    result<rep_request> await_resume() noexcept {
        auto came = take();
        if (!came) return came.error();
        return rep_request(socket_, *std::move(came));
    }

  private:
    rep_socket& socket_;
};

inline rep_socket::receiving rep_socket::receive_description::operator co_await() const noexcept {
    return receiving(from);
}

/// The sending of a reply, which does not suspend.
class rep_request::replying final : public listed_wait, public awaiting<rep_request::replying> {
  public:
    replying(rep_request& to, message& with) noexcept
        : listed_wait("reply"), to_(to), with_(with) {}
    ~replying() { leave_queue(); }  // It may be there when a turn's budget is spent.

    bool launch() noexcept;
    result<void> await_resume() noexcept { return outcome(); }

  private:
    void cancel(std::error_code) noexcept override {}

    rep_request& to_;
    message& with_;
};

inline rep_request::replying rep_request::reply_description::operator co_await() const noexcept {
    return replying(to, what);
}

}  // namespace lariat
