#pragma once

#include <memory>
#include <utility>

#include "aio/address.hpp"
#include "aio/descriptor.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Waits at a listening socket of the kernel: what TCP and unix domain listeners have in common.
/// One entry of the ring accepts peer after peer, from the first `accept` on; a few peers may have
/// been accepted before they are asked for.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed while it accepts.
class socket_listener {
  public:
    /// Closed from the start.
    socket_listener() noexcept = default;

    /// Takes over a listening socket. Errors: throws `std::bad_alloc`.
    explicit socket_listener(descriptor socket);

    /// Yields the next peer. Peers that were gone before they were accepted are passed over. When
    /// descriptors or memory run out it waits, longer each time up to a second, and goes on.
    /// Several may wait: they are served in their order.
    /// Errors: closed, canceled, timed_out (through `within`); what else accept4(2) reports.
    /// Cancel: no peer is lost; it is there for the next.
    task<result<descriptor>> accept();

    /// Takes no more peers: what accepts ends with `closed`, the port is free. Twice is fine.
    void close() noexcept { door_.close(); }
    bool is_open() const noexcept;

    /// Where it listens. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept;

    /// For options of one's own.
    descriptor_ref socket() const noexcept;

  private:
    struct state;

    static task<result<descriptor>> accept_at(std::shared_ptr<state> door);

    /// Closed when the last owner goes. A pending accept shares the state, so that it can end.
    class owner {
      public:
        owner() noexcept = default;
        explicit owner(std::shared_ptr<state> door) noexcept : door_(std::move(door)) {}
        owner(owner&&) noexcept = default;
        owner& operator=(owner&& other) noexcept;
        ~owner() { close(); }

        void close() noexcept;
        const std::shared_ptr<state>& get() const noexcept { return door_; }

      private:
        std::shared_ptr<state> door_;
    };

    owner door_;
};

/// Makes a stream of the peer that was accepted.
template <class Stream>
task<result<Stream>> stream_of(task<result<descriptor>> accepting) {
    auto peer = co_await std::move(accepting);
    if (!peer) co_return peer.error();
    co_return Stream(*std::move(peer));
}

}  // namespace lariat
