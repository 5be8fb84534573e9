#pragma once

#include <memory>

#include "aio/resolve.hpp"
#include "aio/transport/transport.hpp"

namespace lariat {

/// `tcp://127.0.0.1:7000`, `tcp://[::1]:7000`, `tcp://host.example:7000`. Port 0 listens at one
/// that the kernel chooses. `names` is how a host is looked up.
std::shared_ptr<transport> make_tcp_transport(resolve_options names = {});

/// `unix:///run/x`, `unix:x` for a path that begins at the working directory, `unix:@name` for an
/// abstract one.
std::shared_ptr<transport> make_unix_transport();

/// `inproc://name`.
std::shared_ptr<transport> make_inproc_transport();

/// `socket://fd/3`: a socket that this process was given open.
std::shared_ptr<transport> make_socket_transport();

}  // namespace lariat
