#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/message.hpp"
#include "aio/op/socket.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// One end of a connection between two sockets of the kernel: what TCP and unix domain streams
/// have in common. Closes itself.
///
/// One receive and one send may be pending at a time; two of a kind would take turns at the bytes.
/// Errors: of each operation: closed once `close` was called, also for what is pending then; those
/// of the kernel.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
class socket_stream {
  public:
    /// Closed from the start.
    socket_stream() noexcept = default;

    /// Takes over a connected socket. Errors: throws `std::bad_alloc`.
    explicit socket_stream(descriptor socket) : socket_(std::move(socket)) {}

    /// Receives at least one byte; yields how many, 0 when the peer is done. An empty buffer yields
    /// 0 at once and tells nothing of the peer.
    auto receive(buffer_view buffer) noexcept {
        return socket_.guard(lariat::receive{.socket = socket_.ref(), .buffer = buffer});
    }

    /// Sends some of the buffer, usually all; yields how many. See `write_all`.
    auto send(const_buffer_view buffer) noexcept {
        return socket_.guard(lariat::send{.socket = socket_.ref(), .buffer = buffer});
    }

    /// The same into and from several buffers, in their order; of more than 1024 the first ones.
    /// Lifetime: the array of views too stays as it is until the operation has finished.
    auto receive_scattered(std::span<const buffer_view> buffers) noexcept {
        return socket_.guard(
            lariat::receive_scattered{.socket = socket_.ref(), .buffers = at_once(buffers)});
    }
    auto send_gathered(std::span<const const_buffer_view> buffers) noexcept {
        return socket_.guard(
            lariat::send_gathered{.socket = socket_.ref(), .buffers = at_once(buffers)});
    }

    /// Ends one direction: after `direction::send` the peer reads the end of the stream.
    auto shutdown(direction which) noexcept {
        return socket_.guard(lariat::shutdown{.socket = socket_.ref(), .direction = which});
    }

    /// Ends what is pending with `closed`, and the connection with it. Does not wait: what was sent
    /// goes on its way. Twice is fine.
    void close() noexcept { socket_.close(); }
    bool is_open() const noexcept { return socket_.is_open(); }

    /// Errors: bad_file_descriptor once it is closed.
    result<address> local_address() const noexcept;
    result<address> peer_address() const noexcept;

    /// How many bytes the kernel keeps that were not received, or not sent yet; it takes twice as
    /// much memory, and limits what may be asked for by net.core.rmem_max and wmem_max.
    /// Source: socket(7).
    result<void> set_receive_buffer(std::size_t bytes) noexcept;
    result<void> set_send_buffer(std::size_t bytes) noexcept;

    /// For operations and options of one's own; these do not end with `close`.
    descriptor_ref socket() const noexcept { return socket_.ref(); }

    /// For `copy` and `relay`: the kernel moves the bytes by itself.
    lent_descriptor lend() const noexcept { return socket_.lend(); }

  protected:
    ~socket_stream() = default;
    socket_stream(socket_stream&&) noexcept = default;
    socket_stream& operator=(socket_stream&&) noexcept = default;

    template <class Call>
    auto guard(Call call) const noexcept {
        return socket_.guard(call);
    }

  private:
    // What sendmsg(2) takes.
    static constexpr std::size_t most_buffers = 1024;

    template <class View>
    static std::span<View> at_once(std::span<View> buffers) noexcept {
        return buffers.first(std::min(buffers.size(), most_buffers));
    }

    guarded_descriptor socket_;
};

}  // namespace lariat
