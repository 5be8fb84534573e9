#pragma once

namespace bench {

/// From the first call on, this process and its children have a network of their own: nothing but
/// the loopback device, and TCP that is not paced, for programs that do not choose that themselves.
/// Returns: false where that is not allowed, as it is to root only; nothing has changed then.
bool use_own_network() noexcept;

}  // namespace bench
