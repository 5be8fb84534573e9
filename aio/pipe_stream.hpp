#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/waiting_file.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// The end of a pipe that is read, or what else is read like one: a FIFO, a terminal, a file from
/// its position on. A byte source. Closes itself. It waits also where somebody who shares the open
/// file has set O_NONBLOCK.
///
/// Errors: of each operation: closed once `close` was called, also for what is pending then; those
/// of the kernel.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
/// Source: pipe(7), tty(4).
class pipe_reader {
  public:
    /// Closed from the start.
    pipe_reader() noexcept = default;

    /// Takes over the end of a pipe. Errors: throws `std::bad_alloc`.
    explicit pipe_reader(descriptor end) : end_(std::move(end)) {}

    /// Receives at least one byte; yields how many, 0 at the end: when nobody has the pipe's other
    /// end open any more, a terminal's user has said so, or the file ends.
    auto receive(buffer_view buffer) noexcept {
        return end_.guard(read_waiting{.file = end_.ref(), .buffer = buffer});
    }

    /// Ends what is pending with `closed`. Who writes then, fails. Twice is fine.
    void close() noexcept { end_.close(); }
    bool is_open() const noexcept { return end_.is_open(); }

    /// For operations of one's own; these do not end with `close`.
    descriptor_ref file() const noexcept { return end_.ref(); }

    /// For `copy`: the kernel moves the bytes by itself.
    lent_descriptor lend() const noexcept { return end_.lend(); }

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

    /// The same as `close`, for `relay`: the end of what came is passed on.
    void shutdown_send() noexcept { close(); }

    /// For `copy`: the kernel moves the bytes by itself.
    lent_descriptor lend() const noexcept { return end_ ? end_->lend() : lent_descriptor(); }

  private:
    // A send that waits shares the end, so that it finds it closed, and not gone.
    using shared_end = std::shared_ptr<guarded_descriptor>;

    static task<result<std::size_t>> send_to(shared_end end, const_buffer_view buffer);

    shared_end end_;
};

}  // namespace lariat
