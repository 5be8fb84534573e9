#pragma once

#include <vector>

#include "aio/address.hpp"
#include "aio/resolve.hpp"
#include "aio/url.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Returns: the addresses that a URL's host and port stand for, the best one first; never none.
/// This is the one place where the name of a host becomes addresses.
/// Names of this machine itself are known; others are looked up as `names` says.
/// Errors: no_host, no_port, unknown_host of `transport_error`, the last one for a number that is
/// no address; no_such_device for the zone of an address; those of `resolve`.
task<result<std::vector<address>>> endpoints_of(url where, resolve_options names);

}  // namespace lariat
