#pragma once

#include "runtime/auto_event.hpp"
#include "runtime/concurrent_wait_list.hpp"

namespace lariat {

/// An `auto_event` that any thread may set and the coroutines of any home wait for.
/// Threads: any; `wait` needs a home.
class concurrent_auto_event final : public basic_auto_event<concurrent_wait_list> {};

}  // namespace lariat
