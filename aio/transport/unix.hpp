#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "aio/address.hpp"
#include "aio/op/passed.hpp"
#include "aio/transport/socket_listener.hpp"
#include "aio/transport/socket_stream.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Who was at the other end when the connection was made.
struct unix_credentials {
    pid_t process = 0;
    uid_t user = 0;
    gid_t group = 0;
};

/// One end of a unix domain connection: a stream that also passes descriptors. Closes itself. See
/// `socket_stream`.
/// Source: unix(7).
class unix_stream : public socket_stream {
  public:
    using socket_stream::socket_stream;

    /// Who connected, or who listened: the kernel vouches for it.
    /// Errors: bad_file_descriptor once it is closed.
    result<unix_credentials> peer_credentials() const noexcept;

    /// Sends some of the buffer, and duplicates of these descriptors with it; yields how many
    /// bytes. See `send_passed`.
    /// Requires: at least one byte; at most `most_passed` descriptors.
    auto send_descriptors(const_buffer_view buffer,
                          std::span<const descriptor_ref> descriptors) noexcept {
        return guard(send_passed{.socket = socket(), .buffer = buffer, .descriptors = descriptors});
    }

    /// Receives at least one byte, and the descriptors that came with it, up to `most_passed`;
    /// yields `received_passed`. A plain `receive` closes what comes with its bytes.
    auto receive_descriptors(buffer_view buffer) noexcept {
        return guard(receive_passed{.socket = socket(), .buffer = buffer});
    }
};

struct unix_listen_options {
    /// Peers that wait to be accepted. The kernel lowers it to net.core.somaxconn.
    int backlog = SOMAXCONN;
    /// Who may connect, as permission bits of the socket's file: write permission is what counts.
    /// None: 0777 without the umask. The file never allows more than this, not for a moment.
    std::optional<mode_t> mode{};
    /// What an earlier listener left at the path is removed first: only a socket, and only if
    /// nobody answers there.
    bool replace_stale = true;
    /// The file goes when the listener is closed, if it is still the one that was made here, by
    /// this process.
    bool remove_file = true;
};

/// Waits for peers at a path or an abstract name. See `socket_listener`.
class unix_listener {
  public:
    /// Closed from the start.
    unix_listener() noexcept = default;

    /// Listens from here on. An unnamed address lets the kernel choose an abstract name.
    /// Errors: address_in_use; permission_denied, no_such_file_or_directory and what else bind(2)
    /// says of a path; address_family_not_supported for an address that is not of unix sockets.
    static result<unix_listener> open(const address& where, unix_listen_options options = {});

    /// Takes over a listening socket, and no file. Errors: throws `std::bad_alloc`.
    explicit unix_listener(descriptor socket) : door_(std::move(socket)) {}

    /// Yields the next peer. When descriptors or memory run out it waits, longer each time up to a
    /// second, and goes on.
    /// Errors: closed, canceled, timed_out (through `within`); what else accept4(2) reports.
    /// Cancel: no peer is lost; it is there for the next.
    task<result<unix_stream>> accept() { return stream_of<unix_stream>(door_.accept()); }

    /// Takes no more peers: what accepts ends with `closed`, the name is free. Twice is fine.
    void close() noexcept {
        file_.reset();
        door_.close();
    }
    bool is_open() const noexcept { return door_.is_open(); }

    /// Where it listens. Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept { return door_.local_address(); }

    /// `unix:///run/x` or `unix:@name`; empty once it is closed.
    std::string url() const;

    /// For options of one's own.
    descriptor_ref socket() const noexcept { return door_.socket(); }

  private:
    /// The file that was made by listening.
    class file;
    struct remove {
        void operator()(file* made) const noexcept;
    };

    socket_listener door_;
    std::unique_ptr<file, remove> file_;
};

/// Connects to a peer. While the peer has no room for more it waits.
/// Errors: connection_refused, no_such_file_or_directory, permission_denied; canceled, timed_out
/// (through `within`): then nothing of the attempt is left.
task<result<unix_stream>> connect_unix(address peer);

/// Two ends that are connected to one another.
/// Errors: too_many_files_open and the like.
result<std::pair<unix_stream, unix_stream>> make_unix_pair();

}  // namespace lariat
