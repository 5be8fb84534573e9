#pragma once

#include <liburing.h>

#include <vector>

#include "runtime/ring.hpp"

/// Does nothing, by way of the kernel, and remembers its answers.
class nop_request final : public lariat::completion {
  public:
    void start(lariat::ring& on) { on.start(*this); }

    std::vector<int> answers;

  private:
    void prepare(io_uring_sqe& entry) const noexcept override { io_uring_prep_nop(&entry); }
    void complete(lariat::completion_event event) noexcept override {
        answers.push_back(event.result);
    }
};
