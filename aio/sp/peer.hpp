#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "aio/sp/message.hpp"
#include "aio/sp/message_queue.hpp"
#include "aio/sp/unsent.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/task.hpp"

namespace lariat {

class sp_peer;

/// What became of a message that has come.
enum class reception : std::uint8_t {
    taken,
    wrong,      ///< A peer may not send such a one: it is sent away.
    no_memory,  ///< It was not moved from. What is kept of the peer is received first.
};

/// What the sockets of a protocol do with their peers. Every function is called at home, none of
/// them resumes a coroutine.
class sp_rules {
  public:
    /// Whether one more peer may join.
    virtual bool admits() const noexcept { return true; }

    /// Whether what peers have left behind goes rather than keep the next one out.
    virtual bool forgets() const noexcept { return false; }

    /// Whether receivers were promised some of it and have yet to take that: nothing goes
    /// meanwhile.
    virtual bool owes() const noexcept { return false; }

    /// Whether what is on the way from a peer that has gone is waited for, where there is no memory
    /// for it: somebody will receive what is kept of that peer, and then there is.
    virtual bool wants_what_is_left() const noexcept { return !forgets(); }

    virtual void joined(sp_peer& who) noexcept = 0;

    /// Nothing more comes from it or goes to it; what it has kept may still be taken.
    virtual void left(sp_peer& who) noexcept = 0;

    /// A message of so many bytes was taken from one that is there no more, and may be destroyed.
    virtual void taken_late(sp_peer&, std::size_t) noexcept {}

    /// It is about to be destroyed, with what it has kept.
    virtual void gone(sp_peer&) noexcept {}

    /// A message has come. It is moved from: into `who.keep` for instance.
    virtual reception arrived(sp_peer& who, message& what) noexcept = 0;

    /// `who.try_send` would take a message again, after it had refused one or become full.
    virtual void has_room(sp_peer&) noexcept {}

    /// It is about to send: it can be given more than it has asked for, by `who.enqueue`.
    virtual void refill(sp_peer&) noexcept {}

    /// Gives a message away, to some peer.
    /// Returns: false if nobody has room for it; then it was not moved from.
    virtual bool offer(message&) noexcept { return false; }

    unsent_messages unsent;

  protected:
    sp_rules() = default;
    ~sp_rules() = default;
};

/// Stands for a peer also after it has left.
/// Threads: those of the peer's home.
class peer_handle {
  public:
    /// Its owners are the peer and all handles.
    struct state {
        sp_peer* peer;
        std::size_t owners = 1;
    };

    explicit peer_handle(state& of) noexcept : state_(&of) { ++state_->owners; }
    peer_handle(peer_handle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    peer_handle& operator=(peer_handle&& other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~peer_handle() {
        if (state_) let_go(*state_);
    }

    /// Null once it has left.
    sp_peer* peer() const noexcept { return state_->peer; }

    static void let_go(state& of) noexcept {
        if (--of.owners == 0) delete &of;
    }

  private:
    state* state_;
};

/// In which of its socket's lists a peer is.
struct among_peers;
struct among_arrivals;
struct among_ready;

/// A socket's end of a connection, of whatever kind.
/// Threads: those of the socket's home.
class sp_peer : public list_hook<among_peers>,
                public list_hook<among_arrivals>,
                public list_hook<among_ready> {
  public:
    sp_peer(const sp_peer&) = delete;
    sp_peer& operator=(const sp_peer&) = delete;
    virtual ~sp_peer();

    peer_handle handle() const noexcept { return peer_handle(*state_); }

    /// From here on its handles stand for nobody.
    void forget_handles() noexcept { state_->peer = nullptr; }

    // Messages to it.

    /// Returns: whether it has taken the message; if not, `has_room` is called when it would.
    virtual bool try_send(message& what) noexcept = 0;
    virtual bool has_room() const noexcept = 0;

    /// Takes the message whatever room there is; one that has gone loses it.
    /// Returns: false without memory for it; then it was not moved from.
    virtual bool send_beyond(message& what) noexcept = 0;

    /// Takes the message, if need be instead of another one that has not left.
    virtual void send_newest(message what) noexcept = 0;

    /// Takes the oldest of what was accepted before, although there is no room. For `refill`.
    /// Returns: false without memory for it.
    virtual bool enqueue(message_queue&) noexcept { return false; }

    // Messages from it that nobody has received.

    /// Returns: false without memory for it; then others are kept, and it finds room after them.
    bool keep(message& what) noexcept {
        const bool kept = kept_.push(std::move(what));
        if (!kept || kept_.full()) held_up_ = true;
        return kept;
    }

    bool has_kept() const noexcept { return !kept_.empty(); }
    std::size_t count_kept() const noexcept { return kept_.size(); }
    std::size_t bytes_kept() const noexcept { return kept_.bytes(); }
    const message& first_kept() const noexcept { return kept_.front(); }

    /// Requires: it has one. Lifetime: one that is outlived by what it has kept may be destroyed.
    message take() noexcept {
        message oldest = kept_.pop();
        if (outlived_) {
            owner_.taken_late(*this, oldest.size());
        } else if (held_up_ && kept_.roomy()) {
            held_up_ = false;
            go_on();
        }
        return oldest;
    }

    /// Forgets the oldest. Requires: there are so many.
    void drop_kept(std::size_t count) noexcept {
        while (count-- > 0) (void)kept_.pop();
    }

    // Its life.

    /// Its socket has let it in: one of another thread may bring messages from here on.
    virtual void begin() noexcept {}

    /// Lasts as long as the connection does, or until it is cancelled. Once; the memory for it was
    /// taken when the peer was made.
    virtual task<> run() noexcept = 0;

    /// Asks for the end of the connection.
    virtual void end() noexcept = 0;

    /// The connection is over, on this side at least: only what it has kept takes memory now.
    virtual void disconnect() noexcept = 0;

    /// From here on `taken_late` is told of what is taken.
    void outlive() noexcept { outlived_ = true; }

  protected:
    sp_peer(sp_rules& owner, std::size_t most_kept);

    bool holds_up() const noexcept { return held_up_; }

    /// There is room for what comes from it again.
    virtual void go_on() noexcept = 0;

    sp_rules& owner_;

  private:
    message_queue kept_;
    peer_handle::state* const state_;
    bool held_up_ = false;  // Its messages find no room; from here on `go_on` will be called.
    bool outlived_ = false;
};

/// Peers in the order of their turns.
template <class Among>
class peer_list {
  public:
    bool empty() const noexcept { return peers_.empty(); }
    /// Requires: not empty.
    sp_peer& front() noexcept { return peers_.front(); }

    static bool has(sp_peer& who) noexcept { return hook(who).linked(); }

    /// To the end, from wherever it is.
    void add(sp_peer& who) noexcept {
        remove(who);
        peers_.push_back(hook(who));
    }
    static void remove(sp_peer& who) noexcept {
        if (has(who)) hook(who).unlink();
    }

    template <class Visit>
    void for_each(Visit visit) {
        peers_.for_each(visit);
    }

  private:
    static list_hook<Among>& hook(sp_peer& who) noexcept { return who; }

    intrusive_list<sp_peer, Among> peers_;
};

}  // namespace lariat
