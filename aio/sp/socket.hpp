#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aio/any_listener.hpp"
#include "aio/any_stream.hpp"
#include "aio/sp/message_queue.hpp"
#include "aio/sp/options.hpp"
#include "aio/sp/peer.hpp"
#include "aio/sp/place.hpp"
#include "aio/sp/protocol.hpp"
#include "aio/sp/stream_peer.hpp"
#include "runtime/event.hpp"
#include "runtime/result.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace lariat {

class sp_door;

/// What the message sockets of all protocols have in common: peers, which it finds and is found by.
///
/// URLs are `tcp://host:port`, `ipc:///path`, `abstract://name` and `inproc://name`; they speak to
/// sockets of NNG and nanomsg, the last one to those of this process, on this thread and others.
/// Those of other transports, see `register_transport`, are spoken to as those of `tcp` are; with
/// `tls` comes `tls+tcp`, as NNG calls it.
///
/// A lack of memory costs no message that was accepted: it stays where it is until there is some. A
/// stream that has waited for ten seconds in vain, or has no memory to begin with, is lost like one
/// that is broken. What a peer on another thread has sent before it went is not waited for by a
/// pair, which would be locked out, nor by a rep socket, whose answer nobody would hear.
///
/// It belongs to the coroutine that makes it, like a `task_scope`: when that is cancelled, the
/// socket is closed. End it with `stop`; destroyed without, it blocks its thread until the kernel
/// has let go of its streams.
/// Threads: those of one home. Lifetime: outlives its operations.
class sp_socket : protected sp_rules {
  public:
    sp_socket(const sp_socket&) = delete;
    sp_socket& operator=(const sp_socket&) = delete;
    virtual ~sp_socket();

    /// Lets peers connect there, until the socket is closed.
    /// Returns: what they dial, with the port that was chosen for 0.
    /// Errors: invalid_argument for what is no such URL; address_in_use and what else the
    /// transport reports; not_enough_memory; closed.
    task<result<std::string>> listen(std::string url);

    /// Connects there; a peer that is lost, be it for want of memory, is dialed again, after a
    /// pause, until the socket is closed.
    /// Errors: invalid_argument for what is no such URL; those of the first attempt, also
    /// wrong_protocol_type and protocol_error, and timed_out for a peer that does not greet;
    /// connection_refused by the protocol, here, and while too much is left behind of other peers
    /// (`sp_options::receive_queue`); not_enough_memory; closed. With an error, and when it is
    /// cancelled, nothing of it is left.
    task<result<void>> dial(std::string url);

    /// The same without a first attempt to wait for: it may not be there yet.
    /// Errors: invalid_argument, not_enough_memory, closed.
    result<void> keep_dialing(std::string_view url);

    /// Talks to a peer at the other end of a stream that is there already; once it is lost that is
    /// all.
    /// Errors: those of `dial`.
    task<result<void>> adopt(any_stream stream, sp_mapping mapping);

    /// Waits until so many peers are there at the same time.
    /// Errors: closed; canceled, timed_out (through `within`).
    task<result<void>> wait_for_peers(std::size_t count = 1);
    std::size_t peer_count() const noexcept { return peer_count_; }

    /// Waits until the transports have all messages that were accepted, or have lost the peers that
    /// these were for: what is still here when the socket is closed is lost. `result<void>`.
    /// Errors: closed; canceled, timed_out (through `within`).
    [[nodiscard]] auto flush() noexcept { return unsent.none(); }

    /// Ends what is pending with `closed`, and all connections. Does not wait. Twice is fine.
    void close() noexcept;

    /// The same; then waits until nothing of it is left. `void`.
    [[nodiscard]] task_scope::join_description stop() noexcept;

    bool closed() const noexcept { return closed_; }

  protected:
    /// Requires: queues and limits that are not 0, where 0 has no meaning.
    sp_socket(sp_protocol own, const sp_options& options, sp_pace pace = sp_pace::queued);
    /// Ends all peers while the protocol is there to be told: in its destructor.
    void shut_down() noexcept;

    /// No operation is to wait any longer.
    virtual void closing() noexcept = 0;

    /// For what belongs to it, and is told what happens to its peers.
    sp_rules& rules() noexcept { return *this; }

    template <class Visit>
    void for_each_peer(Visit visit) {
        peers_.for_each(visit);
    }

    const sp_options& options() const noexcept { return options_; }

  private:
    class membership;
    friend class sp_door;

    /// Whether too much is there that nobody has received and that nobody here has sent.
    bool is_too_much_left() const noexcept {
        return left_behind_.messages >= options_.receive_queue ||
               left_behind_.bytes >= message_queue::most_bytes;
    }
    /// Whether that keeps others out.
    bool crowded() const noexcept { return is_too_much_left() && !forgets(); }
    bool takes_peers() const noexcept { return !closed_ && admits() && !crowded(); }

    bool may_join(sp_peer& who) const noexcept;
    void let_in(sp_peer& who) noexcept;
    void bury(std::unique_ptr<sp_peer> who) noexcept;
    void forget(sp_peer& who) noexcept;
    void forget_oldest() noexcept;
    void taken_late(sp_peer& who, std::size_t size) noexcept override;

    void start(task<> body);
    task<> supervise(task<> body);

    task<result<membership>> connect(const sp_place& where);
    task<result<membership>> greet(any_stream stream, sp_mapping mapping);
    task<> host(membership who);
    task<> redial(sp_place where, std::optional<membership> first);
    result<membership> meet(const std::string& name);
    task<> host_stream(any_stream stream, sp_mapping mapping);
    task<> accept_streams(any_listener door, sp_mapping mapping);
    task<> accept_far(std::unique_ptr<sp_door> door);

    const sp_protocol protocol_;
    const sp_options options_;
    const sp_pace pace_;
    bool closed_ = false;
    std::size_t peer_count_ = 0;
    peer_list<among_peers> peers_;
    peer_list<among_peers> departed_;  // Owned, for what they have kept.
    struct {
        std::size_t messages = 0;
        std::size_t bytes = 0;
    } left_behind_;
    event vacancy_;
    event peers_changed_;
    event closing_;
    std::optional<task_scope> tasks_;
};

}  // namespace lariat
