#pragma once

#include <liburing.h>

#include <atomic>

#include "runtime/ring.hpp"
#include "runtime/ring_setup.hpp"

namespace lariat {

/// What is mapped from the kernel, as liburing sees it.
struct ring::queues {
    /// How many rings' queues were unmapped. What one thread unmaps, another may map at the same
    /// place: the kernel orders the two, and this says so to a thread sanitizer, which does not see
    /// the system calls that liburing makes.
    static inline constinit std::atomic<unsigned> unmapped{0};

    io_uring shared{};
    ring_extras extras;
};

}  // namespace lariat
