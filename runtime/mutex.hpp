#pragma once

#include <optional>

#include "runtime/semaphore.hpp"

namespace lariat {

/// One at a time, in the order of arrival. For what a coroutine does across an await: between two
/// awaits nobody else of its home runs, and nothing needs a lock.
/// Threads: those of one home; of a `concurrent_mutex` and its holds, any.
template <class List>
class basic_mutex {
    using units = basic_semaphore<List>;

  public:
    /// What is locked while it lives.
    using hold = typename units::hold;

    /// Waits for its turn. `result<hold>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: nothing is locked. Lifetime: the mutex outlives waits and holds.
    [[nodiscard]] typename units::description lock() noexcept { return one_.acquire(1, "mutex"); }

    /// Empty when it is locked.
    std::optional<hold> try_lock() noexcept { return one_.try_acquire(); }

    bool locked() const noexcept { return one_.available() == 0; }

  private:
    units one_{1};
};

class mutex final : public basic_mutex<wait_list> {};

}  // namespace lariat
