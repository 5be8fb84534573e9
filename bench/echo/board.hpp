#pragma once

#include <atomic>
#include <cstdint>

#include "bench/allocations.hpp"

namespace bench {

/// What a server tells of itself while it runs, in memory that the load process sees too.
struct echo_board {
    std::atomic<std::uint64_t> system_calls;
    std::atomic<std::uint64_t> allocations;

    /// Called by the server after each turn or message.
    void tell(std::uint64_t calls) noexcept {
        system_calls.store(calls, std::memory_order_relaxed);
        allocations.store(allocations_of_this_thread(), std::memory_order_relaxed);
    }
};

/// Returns: a descriptor of memory for one board, which children inherit.
int make_board();

/// Errors: throws when the descriptor is not one of `make_board`.
echo_board& board_of(int descriptor);

}  // namespace bench
