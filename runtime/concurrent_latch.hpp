#pragma once

#include "runtime/concurrent_wait_list.hpp"
#include "runtime/latch.hpp"

namespace lariat {

/// A `latch` that any thread counts down and the coroutines of any home wait for.
/// Lifetime: whoever was told that it is open may destroy it, if nobody else is still to use it.
/// Threads: any; `wait` needs a home.
class concurrent_latch final : public basic_latch<concurrent_wait_list> {
  public:
    using basic_latch::basic_latch;
};

}  // namespace lariat
