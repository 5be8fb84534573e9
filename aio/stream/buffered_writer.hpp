#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/stream.hpp"
#include "aio/stream/turn.hpp"
#include "aio/stream/write_buffer.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Gathers small writes, and sends them in large pieces.
///
///     buffered_writer peer(stream);
///     for (const auto& each : lines) co_await or_return(co_await peer.write(each));
///     co_await or_return(co_await peer.flush());
///
/// Each byte is sent once and in order, whatever was cancelled in between: what a `write` counts is
/// sent by a later one or by `flush`, and what a `flush` did not send is there for the next.
///
/// Errors: of each: those of the stream; not_enough_memory; torn after one that was destroyed as it
/// waited, because nobody knows then what was sent.
/// Lifetime: what was not flushed when it goes is lost. A stream passed by name must outlive the
/// writer, one that is given away belongs to it. It is not moved while a write waits.
/// Threads: those of one home; one write or flush at a time.
template <class Stream>
    requires byte_sink<std::remove_reference_t<Stream>>
class buffered_writer {
  public:
    explicit buffered_writer(Stream&& stream, std::size_t capacity = 4096)
        : stream_(std::forward<Stream>(stream)), buffer_(capacity) {}

    /// Takes all of the bytes; sends when the memory is full. Large writes do not pass through it.
    /// Returns: how many bytes were taken; also with an error: a retry goes on behind them.
    /// Lifetime: the bytes outlive the task, and not more.
    task<transfer> write(const_buffer_view bytes) {
        turn mine(turns_, two_writes);
        if (turns_.torn()) co_return transfer(make_error_code(error::torn), 0);
        std::size_t taken = 0;
        while (taken < bytes.size()) {
            const auto rest = bytes.drop_first(taken);
            const bool past = buffer_.size() == 0 && rest.size() >= buffer_.capacity();
            if (!past && !buffer_.full()) {
                const auto put = buffer_.put(rest);
                if (!put) co_return transfer(put.error(), taken);
                taken += *put;
                continue;
            }
            transfer_progress progress;
            mine.begin_step();
            const auto step = co_await stream_.send(past ? rest : buffer_.pending());
            mine.end_step();
            const bool more = progress.advance(step, std::make_error_code(std::errc::io_error));
            if (past)
                taken += progress.count();
            else
                buffer_.sent(progress.count());
            if (!more) co_return transfer(progress.outcome().error(), taken);
        }
        co_return taken;
    }

    /// The same, as a byte sink.
    task<transfer> send(const_buffer_view bytes) { return write(bytes); }

    /// Sends all that was gathered.
    /// Returns: how many bytes; also with an error: the rest is there for the next.
    task<transfer> flush() {
        turn mine(turns_, two_writes);
        if (turns_.torn()) co_return transfer(make_error_code(error::torn), 0);
        transfer_progress progress;
        while (buffer_.size() > 0) {
            const std::size_t before = progress.count();
            mine.begin_step();
            const auto step = co_await stream_.send(buffer_.pending());
            mine.end_step();
            const bool more = progress.advance(step, std::make_error_code(std::errc::io_error));
            buffer_.sent(progress.count() - before);
            if (!more) break;
        }
        co_return progress.outcome();
    }

    /// How many bytes were gathered and not sent.
    std::size_t buffered() const noexcept { return buffer_.size(); }

    std::remove_reference_t<Stream>& stream() noexcept { return stream_; }

  private:
    static constexpr const char* two_writes = "buffered_writer: two writes at the same time";

    std::remove_cv_t<Stream> stream_;
    write_buffer buffer_;
    turn_keeper turns_;
};

template <class Stream>
buffered_writer(Stream&&, std::size_t = 0) -> buffered_writer<Stream>;

}  // namespace lariat
