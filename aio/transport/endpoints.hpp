#pragma once

#include <vector>

#include "aio/address.hpp"
#include "aio/url.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Returns: the addresses that a URL's host and port stand for, the best one first; never none.
/// This is the one place where the name of a host becomes addresses.
/// Errors: no_host, no_port, unknown_host of `transport_error`; no_such_device for the zone of an
/// address.
task<result<std::vector<address>>> endpoints_of(url where);

}  // namespace lariat
