#pragma once

#include "runtime/concurrent_wait_list.hpp"
#include "runtime/semaphore.hpp"

namespace lariat {

/// A `semaphore` for the coroutines of any home. Who comes first gets its units first, wherever it
/// is: a unit that is given back goes to who waits, and not to who asks next.
/// Threads: any; `acquire` needs a home. A hold may be given back elsewhere than it was got.
class concurrent_semaphore final : public basic_semaphore<concurrent_wait_list> {
  public:
    using basic_semaphore::basic_semaphore;
};

}  // namespace lariat
