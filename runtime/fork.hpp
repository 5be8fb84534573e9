#pragma once

namespace lariat {

/// How often this process is the child of one that used Lariat. A ring belongs to the process that
/// made it: its memory is not there in a child, and what a child does must not reach the parent's.
/// Source: fork(2), pthread_atfork(3), io_uring_ring_dontfork(3).
extern constinit unsigned forks;

/// Counts from now on; a child begins with no scheduler running on its thread.
/// Returns: the count so far.
unsigned count_forks() noexcept;

}  // namespace lariat
