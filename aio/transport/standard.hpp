#pragma once

#include "aio/transport/pipe.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// The process's own streams. Each call makes a descriptor of its own for what 0, 1 or 2 is:
/// closing it leaves the process's one open, and other programs that share the file see no change
/// of it: O_NONBLOCK is never set. Works with pipes, terminals, sockets, and files from their
/// position on.
///
/// What was buffered by <iostream> or <cstdio> is not seen here: use one or the other. The end of
/// an output is seen by its reader when both descriptors are closed.
/// Errors: bad_file_descriptor if the process has none; too_many_files_open; throws
/// `std::bad_alloc`.
result<input_stream> standard_input();
result<output_stream> standard_output();
result<output_stream> standard_error();

}  // namespace lariat
