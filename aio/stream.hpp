#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "aio/address.hpp"
#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/file.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/socket.hpp"
#include "runtime/composite.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// What moving some bytes yields: `result<std::size_t>`, or `transfer` where a step may fail after
/// it has moved some.
template <class Awaitable>
concept moves_bytes = std::same_as<await_result<Awaitable>, result<std::size_t>> ||
                      std::same_as<await_result<Awaitable>, transfer>;

/// Bytes come out: `receive` waits for at least one and yields how many, 0 at the end. An empty
/// buffer yields 0 too, and is not the end.
template <class Stream>
concept byte_source = requires(Stream& stream, buffer_view buffer) {
    { stream.receive(buffer) } -> moves_bytes;
};

/// Bytes go in: `send` takes at least one and yields how many.
template <class Stream>
concept byte_sink = requires(Stream& stream, const_buffer_view buffer) {
    { stream.send(buffer) } -> moves_bytes;
};

template <class Stream>
concept byte_stream = byte_source<Stream> && byte_sink<Stream>;

/// Bytes go into and come out of several buffers at once, in the order of the buffers.
template <class Stream>
concept vectored_stream =
    byte_stream<Stream> && requires(Stream& stream, std::span<const buffer_view> into,
                                    std::span<const const_buffer_view> from) {
        { stream.receive_scattered(into) } -> moves_bytes;
        { stream.send_gathered(from) } -> moves_bytes;
    };

/// A connection: bytes in both directions, an end of each, and an end of both.
///
/// `shutdown` yields `result<void>`: after `direction::send` the peer receives what was sent and
/// then the end; a stream that cannot end one direction alone fails with operation_not_supported.
/// `close` ends what is pending with `closed`, and what comes later; it does not wait, and twice is
/// fine. The addresses name nothing where there are none.
/// Cancel: reaches every operation. A cancelled receive took nothing; a cancelled send says how
/// much it sent.
template <class Stream>
concept stream =
    byte_stream<Stream> && requires(Stream& subject, const Stream& asked, direction which) {
        requires std::same_as<await_result<decltype(subject.shutdown(which))>, result<void>>;
        { subject.close() } noexcept;
        { asked.is_open() } noexcept -> std::same_as<bool>;
        { asked.local_address() } -> std::same_as<result<address>>;
        { asked.peer_address() } -> std::same_as<result<address>>;
    };

/// Waits for peers. `accept` yields the next one, or an error after which there is no other; it
/// survives what only one peer is to blame for, and waits when descriptors run out. `close` ends it
/// with `closed`. `url()` is what a peer dials.
template <class Listener>
concept stream_listener = requires(Listener& subject, const Listener& asked) {
    requires stream<typename await_result<decltype(subject.accept())>::value_type>;
    { subject.close() } noexcept;
    { asked.is_open() } noexcept -> std::same_as<bool>;
    { asked.local_address() } -> std::same_as<result<address>>;
    { asked.url() } -> std::same_as<std::string>;
};

/// Returns: the first buffer that is not empty, for a stream that knows only one at a time.
template <class View>
View first_filled(std::span<const View> buffers) noexcept {
    for (const View& each : buffers)
        if (!each.empty()) return each;
    return {};
}

/// Receives at least one byte into several buffers, in their order; `stream` fills only the first
/// that is not empty if it knows one at a time. Yields what its `receive` yields.
template <byte_source Stream>
auto receive_into(Stream& stream, std::span<const buffer_view> buffers) {
    if constexpr (requires { stream.receive_scattered(buffers); })
        return stream.receive_scattered(buffers);
    else
        return stream.receive(first_filled(buffers));
}

/// Sends some of several buffers, in their order, at least one byte.
template <byte_sink Stream>
auto send_from(Stream& stream, std::span<const const_buffer_view> buffers) {
    if constexpr (requires { stream.send_gathered(buffers); })
        return stream.send_gathered(buffers);
    else
        return stream.send(first_filled(buffers));
}

/// A stream whose bytes are those of its descriptor, all of them and no other, so that the kernel
/// may move them past it. One that encrypts, or keeps bytes of its own, has no `lend`.
template <class Stream>
concept lends_descriptor = requires(const Stream& stream) {
    { stream.lend() } noexcept -> std::same_as<lent_descriptor>;
};

/// What is open, as a byte stream: a pipe, a terminal, a file from its position on. Owns nothing.
/// Lifetime: the descriptor stays open until what was started has finished.
struct descriptor_stream {
    descriptor_ref file;

    read receive(buffer_view buffer) const noexcept { return {.file = file, .buffer = buffer}; }
    write send(const_buffer_view buffer) const noexcept { return {.file = file, .buffer = buffer}; }

    lent_descriptor lend() const noexcept { return {.file = file}; }
};

/// Adds up the steps of a transfer of several.
class transfer_progress {
  public:
    std::size_t count() const noexcept { return so_far_.count(); }

    /// Returns: whether the step moved something, so that another makes sense.
    bool advance(const transfer& step, std::error_code if_nothing) noexcept;
    bool advance(const result<std::size_t>& step, std::error_code if_nothing) noexcept {
        return advance(step ? transfer(*step) : transfer(step.error(), 0), if_nothing);
    }

    transfer outcome() const noexcept { return so_far_; }

  private:
    transfer so_far_{0};
};

/// Receives until the buffer is full.
/// Returns: how many bytes; also with an error, so many had been received before it.
/// Errors: end_of_stream if the peer was done first; those of the stream; canceled, timed_out.
/// Lifetime: the stream and the buffer outlive the task.
template <byte_source Stream>
task<transfer> read_exactly(Stream& stream, buffer_view buffer) {
    transfer_progress progress;
    while (progress.count() < buffer.size()) {
        const auto step = co_await stream.receive(buffer.drop_first(progress.count()));
        if (!progress.advance(step, make_error_code(error::end_of_stream))) break;
    }
    co_return progress.outcome();
}

/// Sends all of the buffer.
/// Returns: how many bytes; also with an error, so many had been sent before it.
/// Errors: those of the stream; canceled, timed_out.
/// Lifetime: the stream and the buffer outlive the task.
template <byte_sink Stream>
task<transfer> write_all(Stream& stream, const_buffer_view buffer) {
    transfer_progress progress;
    while (progress.count() < buffer.size()) {
        const auto step = co_await stream.send(buffer.drop_first(progress.count()));
        if (!progress.advance(step, std::make_error_code(std::errc::io_error))) break;
    }
    co_return progress.outcome();
}

/// Room that grows with what arrives, to a limit: a peer decides how much is sent, never how much
/// is allocated.
class growing_buffer {
  public:
    explicit growing_buffer(std::size_t limit) noexcept : limit_(limit) {}

    /// Returns: where the next bytes go; never empty. At the limit there is room for one more byte,
    /// which tells the end from an excess. Errors: not_enough_memory.
    result<buffer_view> room() noexcept;

    /// Returns: an error if the limit is exceeded.
    std::error_code advance(std::size_t count) noexcept;

    std::vector<std::byte> take() && noexcept;

  private:
    std::vector<std::byte> bytes_;
    std::size_t used_ = 0;
    std::size_t limit_;
};

/// Receives until the peer is done.
/// Returns: all that was received.
/// Errors: limit_exceeded for more than `limit` bytes; not_enough_memory; those of the stream;
/// canceled, timed_out.
/// Lifetime: the stream outlives the task.
template <byte_source Stream>
task<result<std::vector<std::byte>>> read_to_end(Stream& stream, std::size_t limit) {
    growing_buffer all(limit);
    for (;;) {
        const auto room = all.room();
        if (!room) co_return room.error();
        transfer_progress progress;
        const auto step = co_await stream.receive(*room);
        const bool more = progress.advance(step, std::error_code());
        if (const auto why = progress.outcome().error()) co_return why;
        if (!more) co_return std::move(all).take();
        if (const auto why = all.advance(progress.count())) co_return why;
    }
}

/// The same of what is open: a pipe, or a file from its position on.
task<transfer> read_exactly(descriptor_ref file, buffer_view buffer);
task<transfer> write_all(descriptor_ref file, const_buffer_view buffer);
task<result<std::vector<std::byte>>> read_to_end(descriptor_ref file, std::size_t limit);

}  // namespace lariat
