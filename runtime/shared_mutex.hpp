#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtime/semaphore.hpp"

namespace lariat {

/// Many that read, or one that writes, in the order of arrival: a reader that comes after a writer
/// waits for it, so neither starves.
/// Threads: those of one home.
class shared_mutex {
  public:
    /// What is locked while it lives.
    using hold = semaphore::hold;

    /// Waits until nobody else holds it. `result<hold>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: nothing is locked. Lifetime: the mutex outlives waits and holds.
    [[nodiscard]] semaphore::description lock() noexcept {
        return all_.acquire(most, "shared_mutex");
    }

    /// Waits until nobody has it alone. `result<hold>`; otherwise as `lock`.
    [[nodiscard]] semaphore::description lock_shared() noexcept {
        return all_.acquire(1, "shared_mutex, shared");
    }

    std::optional<hold> try_lock() noexcept { return all_.try_acquire(most); }
    std::optional<hold> try_lock_shared() noexcept { return all_.try_acquire(1); }

  private:
    static constexpr std::size_t most = SIZE_MAX / 2;

    semaphore all_{most};
};

}  // namespace lariat
