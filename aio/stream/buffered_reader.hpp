#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/stream.hpp"
#include "aio/stream/read_buffer.hpp"
#include "aio/stream/turn.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Receives from a stream in large pieces, and hands out small ones: lines, records, so many bytes.
///
///     buffered_reader peer(stream);
///     while (auto line = co_await peer.read_line(1024)) answer(*line);
///
/// All or nothing: what fails has taken nothing, and what came for it is still there. So a read
/// that was cancelled or late goes on when it is called again.
///
/// Errors: of each read: end_of_stream when the peer ended before all was there; limit_exceeded;
/// not_enough_memory; those of the stream; torn after a read that was destroyed as it waited.
/// Cancel: nothing is taken, nothing is lost.
/// Lifetime: a view that a read returns is good until the next read. A stream passed by name must
/// outlive the reader, one that is given away belongs to it. It is not moved while a read waits.
/// Threads: those of one home; one read at a time.
template <class Stream>
    requires byte_source<std::remove_reference_t<Stream>>
class buffered_reader {
  public:
    /// `usual` bytes are received at once.
    explicit buffered_reader(Stream&& stream, std::size_t usual = 4096)
        : stream_(std::forward<Stream>(stream)), buffer_(usual) {}

    /// At least one byte, of what is there or of what comes next; 0 at the end, or for an empty
    /// buffer. Large receives do not pass through this reader's memory.
    task<transfer> receive(buffer_view into) {
        turn mine(turns_, two_reads);
        if (turns_.torn()) co_return transfer(make_error_code(error::torn), 0);
        transfer_progress progress;
        if (buffer_.size() == 0 && !into.empty()) {
            const bool past = into.size() >= buffer_.usual();
            const auto room = past ? result<buffer_view>(into) : buffer_.room(buffer_.usual());
            if (!room) co_return transfer(room.error(), 0);
            mine.begin_step();
            const auto step = co_await stream_.receive(*room);
            mine.end_step();
            progress.advance(step, std::error_code());
            if (past) co_return progress.outcome();
            buffer_.advance(progress.count());
        }
        co_return transfer(progress.outcome().error(), buffer_.move_to(into));
    }

    /// All before the next `delimiter`, which is taken too. They are `limit` bytes at most
    /// together. Lifetime: the delimiter outlives the task.
    task<result<std::string_view>> read_until(std::string_view delimiter, std::size_t limit) {
        return reach(text_goal(delimiter, limit, false));
    }

    /// A line without its end, which is LF or CR LF. They are `limit` bytes at most together.
    task<result<std::string_view>> read_line(std::size_t limit) {
        return reach(text_goal("\n", limit, true));
    }

    /// As many bytes as the buffer has; none if it fails. They pass through this reader's memory:
    /// for many, the function of the same name takes them straight from the stream.
    task<transfer> read_exactly(buffer_view into) { return reach(copy_goal(into)); }

    /// The next `count` bytes, which stay there.
    task<result<const_buffer_view>> peek(std::size_t count) { return reach(peek_goal(count)); }

    /// Returns: what came and was not taken.
    const_buffer_view buffered() const noexcept { return buffer_.bytes(); }

    /// Takes so many of it. Requires: there are so many.
    void consume(std::size_t count) noexcept { buffer_.drop(count); }

    std::remove_reference_t<Stream>& stream() noexcept { return stream_; }

  private:
    static constexpr const char* two_reads = "buffered_reader: two reads at the same time";

    /// Receives until the goal has enough.
    template <class Goal>
    task<typename Goal::value> reach(Goal goal) {
        turn mine(turns_, two_reads);
        if (turns_.torn()) co_return goal.reach(buffer_, error::torn);
        for (;;) {
            if (const enough found = goal.look_at(buffer_.bytes()))
                co_return goal.reach(buffer_, *found);
            const auto room = buffer_.room(goal.most());
            if (!room) co_return goal.reach(buffer_, room.error());
            transfer_progress progress;
            mine.begin_step();
            const auto step = co_await stream_.receive(*room);
            mine.end_step();
            const bool more = progress.advance(step, make_error_code(error::end_of_stream));
            buffer_.advance(progress.count());
            if (!more) co_return goal.reach(buffer_, progress.outcome().error());
        }
    }

    std::remove_cv_t<Stream> stream_;
    read_buffer buffer_;
    turn_keeper turns_;
};

template <class Stream>
buffered_reader(Stream&&, std::size_t = 0) -> buffered_reader<Stream>;

}  // namespace lariat
