#pragma once

#include "aio/any_listener.hpp"
#include "aio/any_stream.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// Takes over a connected socket that this process was given open, as by socket activation. From
/// then on it is close-on-exec and blocking, as the kernel's ring wants it: whoever shares the
/// socket with this process sees the latter too.
/// Requires: nobody else in this process closes the number.
/// Returns: a `tcp_stream` or a `unix_stream`. On an error the number is left as it was.
/// Errors: bad_file_descriptor, not_a_socket, wrong_protocol_type for one that is not of streams,
/// address_family_not_supported, not_connected.
/// Source: sd_listen_fds(3).
result<any_stream> adopt_stream(int number);

/// Takes over a listening socket in the same way.
/// Returns: a `tcp_listener` or a `unix_listener`.
/// Errors: the same; invalid_argument for one that does not listen.
result<any_listener> adopt_listener(int number);

}  // namespace lariat
