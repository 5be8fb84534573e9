#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "aio/address.hpp"
#include "aio/op/buffer_pool.hpp"
#include "aio/op/datagram.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "runtime/result.hpp"

namespace lariat {

struct udp_options {
    /// Several sockets, each on a thread of its own, share the port: the kernel spreads senders.
    bool reuse_port = false;
    /// The port of a socket that lingers, and of other members of a multicast group, can be had.
    bool reuse_address = false;
    /// An IPv6 socket sees no IPv4 peers; otherwise they have addresses as ::ffff:127.0.0.1.
    bool v6_only = false;
    /// Datagrams to broadcast addresses may be sent.
    bool broadcast = false;
    /// Bytes of datagrams that wait in the kernel; 0 leaves what the system says. The kernel
    /// doubles it, and cuts it to net.core.rmem_max and wmem_max.
    int receive_buffer = 0;
    int send_buffer = 0;
};

/// A UDP socket: datagrams, not a byte stream. Closes itself.
///
/// Connected, it sends to one peer, and receives from that one alone.
/// Errors: of each operation: closed once `close` was called, also for what is pending then; those
/// of the kernel.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
/// Source: udp(7), ip(7), ipv6(7).
class udp_socket {
  public:
    /// Closed from the start.
    udp_socket() noexcept = default;

    /// Takes over a socket for datagrams. Errors: throws `std::bad_alloc`.
    explicit udp_socket(descriptor socket) : socket_(std::move(socket)) {}

    /// A socket at that address; `address::any(0)` lets the kernel choose a port. See
    /// `local_address`.
    /// Errors: address_in_use, address_not_available, permission_denied;
    /// address_family_not_supported for an address that is not of UDP.
    static result<udp_socket> open(const address& where, udp_options options = {});

    /// Has one peer from now on. Nothing is sent for it, and nobody is asked.
    /// Errors: network_unreachable; bad_file_descriptor once it is closed.
    result<void> connect(const address& peer) noexcept;
    /// Has none any more.
    result<void> disconnect() noexcept;

    /// The next datagram; yields `received_datagram`. See there for errors.
    auto receive(buffer_view buffer) noexcept {
        return socket_.guard(receive_datagram{.socket = socket_.ref(), .buffer = buffer});
    }

    /// Sends one datagram to the peer; `result<void>`. See `send_datagram` for errors.
    auto send(const_buffer_view datagram) noexcept {
        return socket_.guard(send_datagram{.socket = socket_.ref(), .buffer = datagram});
    }

    /// Sends one datagram to whom it may concern; `result<void>`.
    auto send_to(const_buffer_view datagram, const address& peer) noexcept {
        return socket_.guard(
            send_datagram{.socket = socket_.ref(), .buffer = datagram, .to = peer});
    }

    /// All datagrams, each with its sender in a buffer of the pool: one entry of the ring for many.
    ///
    ///     auto arriving = socket.datagrams(pool);
    ///     while (auto each = co_await arriving.next()) answer(each->payload(), each->from());
    ///
    /// Errors: of `next`: closed; what the kernel reports, and the sequence ends with it:
    /// connection_refused. Lifetime: the pool outlives it; this need not.
    multishot<receive_message_pooled> datagrams(buffer_pool& pool,
                                                multishot_options options = {}) noexcept {
        return socket_.guard_each(receive_message_pooled{.socket = socket_.ref(), .pool = pool},
                                  options);
    }

    /// Ends what is pending with `closed`. Twice is fine.
    void close() noexcept { socket_.close(); }
    bool is_open() const noexcept { return socket_.is_open(); }

    /// Where it is. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept;
    /// Errors: not_connected, bad_file_descriptor.
    result<address> peer_address() const noexcept;

    // Options. Errors: those of setsockopt(2).

    result<void> set_broadcast(bool allowed) noexcept;
    /// How many routers a datagram may pass.
    result<void> set_ttl(int hops) noexcept;
    result<void> set_multicast_ttl(int hops) noexcept;
    /// Whether members on this machine hear what this socket sends to a group.
    result<void> set_multicast_loop(bool heard) noexcept;
    /// The interface, by its index, that datagrams to groups leave through.
    result<void> set_multicast_interface(std::uint32_t interface) noexcept;

    /// Hears what is sent to a group, on the interface with that index; 0: the kernel chooses.
    /// Errors: no_such_device; address_in_use when it is a member already; invalid_argument for an
    /// address of no group.
    result<void> join(const address& group, std::uint32_t interface = 0) noexcept;
    /// Errors: address_not_available when it is no member.
    result<void> leave(const address& group, std::uint32_t interface = 0) noexcept;

    /// For operations and options of one's own; these do not end with `close`.
    descriptor_ref socket() const noexcept { return socket_.ref(); }

  private:
    bool is_v6() const noexcept;
    result<void> set_either(int v4_option, int v6_option, int value) noexcept;
    result<void> change_membership(int option, const address& group,
                                   std::uint32_t interface) noexcept;

    guarded_descriptor socket_;
};

}  // namespace lariat
