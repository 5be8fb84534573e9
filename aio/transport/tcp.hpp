#pragma once

#include <sys/socket.h>

#include <memory>
#include <utility>

#include "aio/address.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/socket.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// One end of a TCP connection: a byte stream. Closes itself.
///
/// One receive and one send may be pending at a time; two of a kind would take turns at the bytes.
/// Errors: of each operation: closed once `close` was called, also for what is pending then; those
/// of the kernel.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
/// Source: tcp(7).
class tcp_stream {
  public:
    /// Closed from the start.
    tcp_stream() noexcept = default;

    /// Takes over a connected socket. Errors: throws `std::bad_alloc`.
    explicit tcp_stream(descriptor socket) : socket_(std::move(socket)) {}

    /// Receives at least one byte; yields how many, 0 when the peer is done. An empty buffer yields
    /// 0 at once and tells nothing of the peer.
    auto receive(buffer_view buffer) noexcept {
        return socket_.guard(lariat::receive{.socket = socket_.ref(), .buffer = buffer});
    }

    /// Sends some of the buffer, usually all; yields how many. See `write_all`.
    auto send(const_buffer_view buffer) noexcept {
        return socket_.guard(lariat::send{.socket = socket_.ref(), .buffer = buffer});
    }

    /// Ends one direction: after `direction::send` the peer reads the end of the stream.
    auto shutdown(direction which) noexcept {
        return socket_.guard(lariat::shutdown{.socket = socket_.ref(), .direction = which});
    }

    /// Ends what is pending with `closed`, and the connection with it. Does not wait: what was sent
    /// goes on its way. Twice is fine.
    void close() noexcept { socket_.close(); }
    bool is_open() const noexcept { return socket_.is_open(); }

    result<address> local_address() const noexcept;
    result<address> peer_address() const noexcept;

    /// Small sends leave at once (the default of what this file makes), or are gathered.
    result<void> set_no_delay(bool at_once) noexcept;

    /// For operations and options of one's own; these do not end with `close`.
    descriptor_ref socket() const noexcept { return socket_.ref(); }

    /// For `copy` and `relay`: the kernel moves the bytes by itself.
    lent_descriptor lend() const noexcept { return socket_.lend(); }

  private:
    guarded_descriptor socket_;
};

struct tcp_listen_options {
    /// Peers that wait to be accepted. The kernel lowers it to net.core.somaxconn.
    int backlog = SOMAXCONN;
    /// A port whose last connections linger can be listened on again at once.
    bool reuse_address = true;
    /// Several listeners, each on a thread of its own, share the port: the kernel spreads peers.
    bool reuse_port = false;
    /// An IPv6 listener takes no IPv4 peers.
    bool v6_only = false;
    /// Small sends of accepted streams leave at once: what answers requests wants that.
    bool no_delay = true;
};

/// Waits for peers to connect.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed while it accepts.
class tcp_listener {
  public:
    /// Listens from here on; port 0 lets the kernel choose one, see `local_address`.
    /// Errors: address_in_use, address_not_available, permission_denied; invalid_argument or
    /// address_family_not_supported for an address that is not of TCP.
    static result<tcp_listener> open(const address& where, tcp_listen_options options = {});

    /// Yields the next peer. Peers that were gone before they were accepted are passed over. When
    /// descriptors or memory run out it waits, longer each time up to a second, and goes on.
    /// Errors: closed, canceled, timed_out (through `within`); what else accept4(2) reports.
    task<result<tcp_stream>> accept();

    /// Takes no more peers: what accepts ends with `closed`, the port is free. Twice is fine.
    void close() noexcept;

    /// Where it listens. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept;

  private:
    struct state;

    explicit tcp_listener(std::shared_ptr<state> door) noexcept;
    static task<result<tcp_stream>> accept_at(std::shared_ptr<state> door);

    /// Closed when the last owner goes. A pending accept shares the state, so that it can end.
    class owner {
      public:
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

/// Connects to a peer.
/// Errors: connection_refused, network_unreachable, host_unreachable, the kernel's own ETIMEDOUT;
/// canceled, timed_out (through `within`): then nothing of the attempt is left.
task<result<tcp_stream>> connect_tcp(address peer);

}  // namespace lariat
