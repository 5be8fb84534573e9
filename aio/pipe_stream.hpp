#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/file.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// The end of a pipe that is read: a byte source. Closes itself.
///
/// Errors: of each operation: closed once `close` was called, also for what is pending then; those
/// of the kernel.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
/// Source: pipe(7).
class pipe_reader {
  public:
    /// Closed from the start.
    pipe_reader() noexcept = default;

    /// Takes over the end of a pipe. Errors: throws `std::bad_alloc`.
    explicit pipe_reader(descriptor end) : end_(std::move(end)) {}

    /// Receives at least one byte; yields how many, 0 when nobody has the other end open any more.
    auto receive(buffer_view buffer) noexcept {
        return end_.guard(read{.file = end_.ref(), .buffer = buffer});
    }

    /// Ends what is pending with `closed`. Who writes then, fails. Twice is fine.
    void close() noexcept { end_.close(); }
    bool is_open() const noexcept { return end_.is_open(); }

    /// For operations of one's own; these do not end with `close`.
    descriptor_ref file() const noexcept { return end_.ref(); }

  private:
    guarded_descriptor end_;
};

/// The end of a pipe that is written: a byte sink. Closes itself, and then the reader finds the
/// end. A reader that is gone is an error here, never SIGPIPE: each piece is written by write(2),
/// which takes what there is room for, and the ring waits for more room.
///
/// Errors: of each operation: closed once `close` was called, also for what is pending then;
/// broken_pipe; those of write(2).
/// Cancel: what was written counts; a wait for room ends, and has written nothing.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
/// Source: pipe(7), write(2).
class pipe_writer {
  public:
    /// Closed from the start.
    pipe_writer() noexcept = default;

    /// Takes over the end of a pipe, and sets O_NONBLOCK: whoever shares the open file sees that.
    /// Errors: throws `std::bad_alloc`.
    explicit pipe_writer(descriptor end);

    pipe_writer(pipe_writer&&) noexcept = default;
    pipe_writer& operator=(pipe_writer&& other) noexcept;
    ~pipe_writer() { close(); }

    /// Sends some of the buffer, as much as there is room for; yields how many. See `write_all`.
    task<result<std::size_t>> send(const_buffer_view buffer) { return send_to(end_, buffer); }

    /// Ends what is pending with `closed`; the reader finds the end. Twice is fine.
    void close() noexcept;
    bool is_open() const noexcept { return end_ && end_->is_open(); }

    /// For operations of one's own; these do not end with `close`.
    descriptor_ref file() const noexcept { return end_ ? end_->ref() : descriptor_ref(); }

  private:
    // A send that waits shares the end, so that it finds it closed, and not gone.
    using shared_end = std::shared_ptr<guarded_descriptor>;

    static task<result<std::size_t>> send_to(shared_end end, const_buffer_view buffer);

    shared_end end_;
};

}  // namespace lariat
