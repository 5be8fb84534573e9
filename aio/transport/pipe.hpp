#pragma once

#include <utility>

#include "aio/buffer.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/waiting_file.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// What is open to be read, as a byte source that owns it: the end of a pipe, a FIFO, a terminal, a
/// file from its position on. Closes itself.
///
/// Errors: of each operation: closed once `close` was called, also for what is pending then; those
/// of the kernel.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
class input_stream {
  public:
    /// Closed from the start.
    input_stream() noexcept = default;

    /// Errors: throws `std::bad_alloc`.
    explicit input_stream(descriptor file) : file_(std::move(file)) {}

    /// At least one byte, as soon as there is one; yields how many, 0 at the end: when nobody holds
    /// the pipe's other end any more, a terminal's user has said so, or the file ends.
    auto receive(buffer_view buffer) noexcept {
        return file_.guard(read_waiting{.file = file_.ref(), .buffer = buffer});
    }

    /// Ends what is pending with `closed`. Twice is fine.
    void close() noexcept { file_.close(); }
    bool is_open() const noexcept { return file_.is_open(); }

    /// For operations of one's own; these do not end with `close`.
    descriptor_ref file() const noexcept { return file_.ref(); }

    /// For `copy`: the kernel moves the bytes by itself.
    lent_descriptor lend() const noexcept { return file_.lend(); }

  private:
    guarded_descriptor file_;
};

/// What is open to be written, as a byte sink that owns it. A reader that is gone is an error,
/// broken_pipe, and never SIGPIPE. Errors, Threads, Lifetime: as of `input_stream`.
class output_stream {
  public:
    /// Closed from the start.
    output_stream() noexcept = default;

    /// Errors: throws `std::bad_alloc`.
    explicit output_stream(descriptor file);

    /// Sends some of the buffer, usually all; yields how many. See `write_all`.
    auto send(const_buffer_view buffer) noexcept {
        return file_.guard(write_waiting{.file = file_.ref(), .buffer = buffer, .how = how_});
    }

    /// Ends what is pending with `closed`. The reader of a pipe reads what was sent, then its end,
    /// if nobody else holds this one. Twice is fine.
    void close() noexcept { file_.close(); }
    bool is_open() const noexcept { return file_.is_open(); }

    /// The same as `close`, for `relay`.
    void shutdown_send() noexcept { close(); }

    /// For operations of one's own; these do not end with `close`.
    descriptor_ref file() const noexcept { return file_.ref(); }

    /// For `copy`: the kernel moves the bytes by itself.
    lent_descriptor lend() const noexcept { return file_.lend(); }

  private:
    guarded_descriptor file_;
    write_waiting::hush how_ = write_waiting::hush::by_flag;
};

/// Both ends of a pipe, as streams.
struct pipe_streams {
    input_stream reader;
    output_stream writer;

    /// Errors: too_many_files_open, too_many_files_open_in_system; throws `std::bad_alloc`.
    /// Source: pipe2(2), which does not wait.
    static result<pipe_streams> open();
};

}  // namespace lariat
