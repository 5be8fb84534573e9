#pragma once

#include "runtime/ring.hpp"
#include "tests/faulty_enter.hpp"

/// A batch that the kernel takes in part cuts a chain: here it takes all, or nothing.
class whole_batches {
  public:
    whole_batches() { lariat::ring::replace_enter(nullptr); }
    ~whole_batches() { fail_enter_at_random_if_asked(); }
};
