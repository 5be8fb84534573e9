#pragma once

#include <utility>

#include "aio/buffer.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/guarded_descriptor.hpp"
#include "aio/op/waiting_file.hpp"
#include "aio/pipe_stream.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// What is written together with others, as a byte sink: a terminal, a standard output, a file from
/// its position on. Closes itself. Unlike `pipe_writer` it changes nothing about the open file: who
/// shares it sees no O_NONBLOCK. A reader that is gone is an error, never SIGPIPE.
///
/// Errors: of each operation: closed once `close` was called, also for what is pending then;
/// broken_pipe; those of write(2).
/// Cancel: what was written counts.
/// Threads: those of one home. Lifetime: may be moved, closed and destroyed under its operations.
/// Source: write(2), pipe(7), tty(4).
class shared_writer {
  public:
    /// Closed from the start.
    shared_writer() noexcept = default;

    /// Errors: throws `std::bad_alloc`.
    explicit shared_writer(descriptor file);

    /// Sends some of the buffer, usually all; yields how many. See `write_all`.
    auto send(const_buffer_view buffer) noexcept {
        return file_.guard(write_waiting{.file = file_.ref(), .buffer = buffer, .how = how_});
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
    write_waiting::hush how_ = write_waiting::hush::by_flag;
};

/// The process's own streams. Each call makes a descriptor of its own for what 0, 1 or 2 is: its
/// close leaves the process's one open, so the reader of an output sees the end once both are
/// closed. Works with pipes, terminals, sockets, and files from their position on; the open file,
/// which other programs may share, is left as it is.
///
/// What <iostream> or <cstdio> have buffered is not seen here: use one or the other.
/// Errors: bad_file_descriptor if the process has none; too_many_files_open; throws
/// `std::bad_alloc`.
result<pipe_reader> standard_input();
result<shared_writer> standard_output();
result<shared_writer> standard_error();

}  // namespace lariat
