#pragma once

#include <optional>

#include "runtime/semaphore.hpp"

namespace lariat {

/// One at a time, in the order of arrival. For what a coroutine does across an await: between two
/// awaits nobody else of its home runs, and nothing needs a lock.
/// Threads: those of one home.
class mutex {
  public:
    /// What is locked while it lives.
    using hold = semaphore::hold;

    /// Waits for its turn. `result<hold>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: nothing is locked. Lifetime: the mutex outlives waits and holds.
    [[nodiscard]] semaphore::description lock() noexcept { return one_.acquire(1, "mutex"); }

    /// Empty when it is locked.
    std::optional<hold> try_lock() noexcept { return one_.try_acquire(); }

    bool locked() const noexcept { return one_.available() == 0; }

  private:
    semaphore one_{1};
};

}  // namespace lariat
