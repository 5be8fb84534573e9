#pragma once

#include <stop_token>

#include "aio/transport/tcp.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace key_value {

/// Serves the peers of a door, with one store for all of them, until a stop is requested. Then what
/// has arrived is still answered, within a few seconds.
/// Errors: those of accept.
lariat::task<lariat::result<void>> serve(lariat::tcp_listener door, std::stop_token stop);

}  // namespace key_value
