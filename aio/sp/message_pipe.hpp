#pragma once

#include <cstddef>
#include <optional>

#include "aio/any_stream.hpp"
#include "aio/sp/frames.hpp"
#include "aio/sp/message.hpp"
#include "aio/sp/protocol.hpp"
#include "runtime/check.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// How long a peer may take to greet, unless it is said otherwise.
inline constexpr duration usual_greeting_limit = std::chrono::seconds(10);

/// Messages over a stream of bytes, as NNG lays them out: what a message socket has for each peer.
///
/// One receive and one send may be pending at a time.
/// Errors: of each operation: not_enough_memory; end_of_stream when the peer is done; torn when it
/// is in the middle of a message, protocol_error and limit_exceeded for what no peer may send,
/// which close the stream; those of the stream. What failed with not_enough_memory has lost nothing
/// and may be repeated, where the stream is open still; TLS itself stays without after it was once.
/// Threads: those of the stream. Lifetime: outlives its operations.
class message_pipe {
  public:
    /// `longest`: a longer message is not received; see `no_longest_message`.
    message_pipe(any_stream stream, sp_mapping mapping,
                 std::size_t longest = usual_longest_message) noexcept;

    /// Both sides say which protocol they speak, at the same time. Who has not done that costs no
    /// buffer.
    /// Errors: timed_out after `limit`; wrong_protocol_type, protocol_error; not_enough_memory;
    /// with all of them, and when it is cancelled, the stream is closed.
    task<result<void>> greet(sp_protocol own, duration limit = usual_greeting_limit);

    /// Waits for a message. Cancel: nothing is lost, the next receive goes on where this one was;
    /// so it does after not_enough_memory.
    task<result<message>> receive();

    /// Sends a message, which is empty then; with an error it is still the caller's.
    /// Errors: after the first byte has left each of them closes the stream, not_enough_memory too,
    /// so that the peer never sees a torn message and then a whole one.
    /// Cancel: the same. One that is destroyed while it waits closes the stream.
    /// Lifetime: the message outlives the task.
    task<result<void>> send(message& what);

    // For who moves many at once.

    /// Returns: whether `into` is a message that has arrived already.
    bool next(message& into) noexcept { return reader_ && reader_->next(into); }

    /// Waits until more has arrived, a message or a part of one.
    /// Errors: those of the pipe; not_enough_memory, also when it is thrown as `std::bad_alloc`,
    /// leaves all as it was.
    task<result<void>> fill();

    /// To be sent by the next `flush`. See `sp_frame_writer::add`. Requires: it has greeted.
    sp_frame_writer::added add(const message& what) noexcept {
        check(writer_.has_value(), "message_pipe: a message is added before it has greeted");
        return writer_->add(what);
    }

    /// Sends what was added.
    /// Errors: those of the stream, which close it if they come within a message; not_enough_memory
    /// does not, also when it is thrown as `std::bad_alloc`: the next flush goes on where this one
    /// was, and nothing may be added before.
    task<result<void>> flush();

    void close() noexcept { stream_.close(); }
    any_stream& stream() noexcept { return stream_; }

  private:
    class sending;

    task<result<void>> exchange_greetings(sp_protocol own);

    bool make_buffers() noexcept;

    any_stream stream_;
    const sp_mapping mapping_;
    const std::size_t longest_;
    // From the greeting on, or from when they are needed.
    std::optional<sp_frame_reader> reader_;
    std::optional<sp_frame_writer> writer_;
};

}  // namespace lariat
