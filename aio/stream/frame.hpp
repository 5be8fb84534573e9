#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/stream.hpp"
#include "aio/stream/buffered_reader.hpp"
#include "aio/stream/turn.hpp"
#include "aio/stream/write_buffer.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// How frames are told apart on a stream: each begins with the number of bytes that follow.
struct frame_format {
    std::size_t prefix = 4;                ///< Bytes of that number: 1, 2, 4 or 8.
    std::endian order = std::endian::big;  ///< Of these bytes.
    std::size_t limit = 1 << 20;           ///< The longest frame, without its prefix.

    /// Returns: the size that a prefix tells; SIZE_MAX if it is beyond the limit.
    std::size_t read(const std::byte* prefix_bytes) const noexcept;

    /// Whether a frame of that size is within the limit, and the prefix can tell it.
    bool allows(std::size_t size) const noexcept;

    /// Requires: a size that is allowed. Returns: the prefix, in its first bytes.
    std::array<std::byte, 8> write(std::size_t size) const noexcept;
};

/// Mistakes in a format are caught where it is used first.
/// Requires: a prefix of 1, 2, 4 or 8 bytes.
frame_format checked(frame_format format) noexcept;

/// Receives frames, several at once where they are small.
///
/// Errors: end_of_stream between two frames, torn in the middle of one; limit_exceeded, before
/// anything is allocated for it; those of `buffered_reader`.
/// Cancel: nothing is lost: the next call goes on with the same frame.
/// Lifetime, Threads: as of `buffered_reader`.
template <class Stream>
    requires byte_source<std::remove_reference_t<Stream>>
class frame_reader {
  public:
    explicit frame_reader(Stream&& stream, frame_format format = {}, std::size_t usual = 4096)
        : in_(std::forward<Stream>(stream), usual), format_(checked(format)) {}

    /// The next frame, without its prefix. The view is good until the next call.
    task<result<const_buffer_view>> receive() {
        std::size_t whole = format_.prefix;
        if (in_.buffered().size() < whole) {
            const auto prefix = co_await in_.peek(whole);
            if (!prefix) co_return named(prefix.error());
        }
        const std::size_t size = format_.read(in_.buffered().data());
        if (size == SIZE_MAX) co_return error::limit_exceeded;
        whole += size;
        if (in_.buffered().size() < whole) {
            const auto rest = co_await in_.peek(whole);
            if (!rest) co_return named(rest.error());
        }
        const auto frame = in_.buffered().first(whole);
        in_.consume(whole);
        co_return frame.drop_first(format_.prefix);
    }

    std::remove_reference_t<Stream>& stream() noexcept { return in_.stream(); }

  private:
    std::error_code named(std::error_code why) const noexcept {
        const bool ended = why == make_error_code(error::end_of_stream);
        return ended && !in_.buffered().empty() ? make_error_code(error::torn) : why;
    }

    buffered_reader<Stream> in_;
    const frame_format format_;
};

template <class Stream>
frame_reader(Stream&&, frame_format = {}, std::size_t = 0) -> frame_reader<Stream>;

/// Sends frames, each whole or not at all: when one was cut off after its first byte, by cancel,
/// deadline or error, the stream takes no other, so that the peer never takes the beginning of the
/// next one for the end of this one.
///
/// Errors: torn from then on; limit_exceeded; not_enough_memory; those of the stream.
/// Cancel: before the first byte nothing was sent, and the writer is as it was.
/// Lifetime: a stream passed by name must outlive the writer, one that is given away belongs to it.
/// Threads: those of one home; one frame at a time.
template <class Stream>
    requires byte_sink<std::remove_reference_t<Stream>>
class frame_writer {
  public:
    /// Frames up to `gathered` bytes are sent at once, prefix and all.
    explicit frame_writer(Stream&& stream, frame_format format = {}, std::size_t gathered = 4096)
        : stream_(std::forward<Stream>(stream)),
          format_(checked(format)),
          head_(gathered < sizeof(std::uint64_t) ? sizeof(std::uint64_t) : gathered) {}

    /// Sends a frame with its prefix.
    /// Lifetime: the bytes outlive the task.
    task<result<void>> send(const_buffer_view body) {
        turn mine(turns_, "frame_writer: two frames at the same time");
        if (turns_.torn()) co_return error::torn;
        if (!format_.allows(body.size())) co_return error::limit_exceeded;
        const auto in_head = begin_frame(body);
        if (!in_head) co_return in_head.error();
        auto rest = body.drop_first(*in_head);
        bool begun = false;
        while (head_.size() + rest.size() > 0) {
            const bool heading = head_.size() > 0;
            transfer_progress progress;
            mine.begin_step();
            const auto step = co_await stream_.send(heading ? head_.pending() : rest);
            mine.end_step();
            const bool more = progress.advance(step, std::make_error_code(std::errc::io_error));
            if (heading)
                head_.sent(progress.count());
            else
                rest = rest.drop_first(progress.count());
            begun = begun || progress.count() > 0;
            if (more || head_.size() + rest.size() == 0) continue;
            if (begun) turns_.tear();
            co_return progress.outcome().error();
        }
        co_return {};
    }

    /// Whether a frame was cut off, so that no other is sent.
    bool torn() const noexcept { return turns_.torn(); }

    std::remove_reference_t<Stream>& stream() noexcept { return stream_; }

  private:
    /// Returns: how much of the body goes with the prefix.
    result<std::size_t> begin_frame(const_buffer_view body) noexcept {
        const auto prefix = format_.write(body.size());
        head_.clear();
        const auto put = head_.put(const_buffer_view(prefix).first(format_.prefix));
        if (!put) return put;
        return head_.put(body);
    }

    std::remove_cv_t<Stream> stream_;
    const frame_format format_;
    write_buffer head_;
    turn_keeper turns_;
};

template <class Stream>
frame_writer(Stream&&, frame_format = {}, std::size_t = 0) -> frame_writer<Stream>;

}  // namespace lariat
