#pragma once

#include "runtime/concurrent_wait_list.hpp"
#include "runtime/mutex.hpp"

namespace lariat {

/// A `mutex` for the coroutines of any home: held across awaits, and in the order of arrival. For
/// what is done between two awaits a `std::mutex` is cheaper.
/// Threads: any; `lock` needs a home. A hold may be let go elsewhere than it was got.
class concurrent_mutex final : public basic_mutex<concurrent_wait_list> {};

}  // namespace lariat
