#pragma once

#include "runtime/concurrent_wait_list.hpp"
#include "runtime/event.hpp"

namespace lariat {

/// An `event` that any thread may set and the coroutines of any home wait for. Each is resumed at
/// home, in the order of arrival there.
/// Lifetime: whoever was told that it is set may destroy it, if nobody else is still to use it.
/// Threads: any; `wait` needs a home.
class concurrent_event final : public basic_event<concurrent_wait_list> {};

}  // namespace lariat
