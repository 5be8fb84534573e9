#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "aio/address.hpp"
#include "aio/transport/socket_listener.hpp"
#include "aio/transport/socket_stream.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// When a silent connection is asked whether its peer is still there.
struct tcp_keepalive {
    std::chrono::seconds idle{60};      ///< After so much silence. 1 s to 32767 s.
    std::chrono::seconds interval{10};  ///< From one question to the next. 1 s to 32767 s.
    int probes = 6;                     ///< So many without an answer end the connection. 1 to 127.
};

/// What a connection is made with. The defaults are the kernel's but for `no_delay`.
struct tcp_options {
    /// Small sends leave at once: what answers requests wants that.
    bool no_delay = true;
    std::optional<tcp_keepalive> keepalive{};  ///< None: a silent peer is never asked.
    /// Sent bytes that are not acknowledged for so long end the connection; 0: the kernel's own
    /// patience, some 15 minutes.
    std::chrono::milliseconds user_timeout{0};
    /// How long the kernel goes on with what was sent after a close; 0 s: a close resets the
    /// connection, and what the peer has not received is lost. None: in the background, for as
    /// long as it takes.
    std::optional<std::chrono::seconds> linger{};
    std::size_t receive_buffer = 0;  ///< Bytes; 0: the kernel chooses, and adapts.
    std::size_t send_buffer = 0;     ///< Bytes; 0: the kernel chooses, and adapts.
};

/// One end of a TCP connection: a stream. Closes itself. See `socket_stream`.
/// Source: tcp(7).
class tcp_stream : public socket_stream {
  public:
    using socket_stream::socket_stream;

    /// Small sends leave at once (the default of what this file makes), or are gathered.
    result<void> set_no_delay(bool at_once) noexcept;

    /// Errors: invalid_argument for times and counts out of range; then some may be in force.
    result<void> set_keepalive(std::optional<tcp_keepalive> when) noexcept;
    result<void> set_user_timeout(std::chrono::milliseconds span) noexcept;
    result<void> set_linger(std::optional<std::chrono::seconds> span) noexcept;
};

struct tcp_listen_options {
    /// Peers that wait to be accepted. The kernel lowers it to net.core.somaxconn.
    int backlog = SOMAXCONN;
    /// A port whose last connections linger can be listened on again at once.
    bool reuse_address = true;
    /// Several listeners, each on a thread of its own, share the port: the kernel spreads peers.
    bool reuse_port = false;
    /// An IPv6 listener takes no IPv4 peers. Without it one at `::` takes both.
    bool v6_only = false;
    /// Of the connections that are accepted.
    tcp_options connections{};
};

/// Waits for peers to connect. See `socket_listener`.
class tcp_listener {
  public:
    /// Closed from the start.
    tcp_listener() noexcept = default;

    /// Listens from here on; port 0 lets the kernel choose one, see `local_address`.
    /// Errors: address_in_use, address_not_available, permission_denied; invalid_argument or
    /// address_family_not_supported for an address that is not of TCP.
    static result<tcp_listener> open(const address& where, tcp_listen_options options = {});

    /// Takes over a listening socket. Errors: throws `std::bad_alloc`.
    explicit tcp_listener(descriptor socket) : door_(std::move(socket)) {}

    /// Yields the next peer. Peers that were gone before they were accepted are passed over. When
    /// descriptors or memory run out it waits, longer each time up to a second, and goes on.
    /// Errors: closed, canceled, timed_out (through `within`); what else accept4(2) reports.
    /// Cancel: no peer is lost; it is there for the next.
    task<result<tcp_stream>> accept() { return stream_of<tcp_stream>(door_.accept()); }

    /// Takes no more peers: what accepts ends with `closed`, the port is free. Twice is fine.
    void close() noexcept { door_.close(); }
    bool is_open() const noexcept { return door_.is_open(); }

    /// Where it listens. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept { return door_.local_address(); }

    /// `tcp://127.0.0.1:7000`; empty once it is closed. At an address like 0.0.0.0 a peer dials
    /// another than this.
    std::string url() const;

    /// For options of one's own.
    descriptor_ref socket() const noexcept { return door_.socket(); }

  private:
    socket_listener door_;
};

struct tcp_connect_options {
    /// Where the connection comes from; a port of 0 lets the kernel choose one. An address that
    /// names nothing: the kernel chooses all.
    address from{};
    tcp_options connection{};
};

/// Connects to a peer.
/// Errors: connection_refused, network_unreachable, host_unreachable, the kernel's own ETIMEDOUT;
/// address_in_use, address_not_available of `from`; address_family_not_supported for one that is
/// not of TCP, or of two families; canceled, timed_out (through `within`): then
/// nothing of the attempt is left.
task<result<tcp_stream>> connect_tcp(address peer, tcp_connect_options options = {});

}  // namespace lariat
