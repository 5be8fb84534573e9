#pragma once

#include <liburing.h>

#include "runtime/ring.hpp"
#include "runtime/ring_setup.hpp"

namespace lariat {

/// What is mapped from the kernel, as liburing sees it.
struct ring::queues {
    io_uring shared{};
    ring_extras extras;
    bool registered = false;
    enter_call call = nullptr;
};

}  // namespace lariat
