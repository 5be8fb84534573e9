#pragma once

#include <stop_token>

#include "aio/descriptor.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace http {

/// Serves the peers of a door until a stop is requested: "/", and the files below the folder if
/// there is one. Then requests that have arrived are still answered, within a few seconds.
/// Errors: those of accept.
/// Lifetime: the folder stays open.
lariat::task<lariat::result<void>> serve(lariat::tcp_listener door, lariat::descriptor_ref folder,
                                         std::stop_token stop);

}  // namespace http
