#pragma once

#include "aio/op/operation.hpp"

namespace lariat {

/// Does nothing, by way of the kernel: for measuring the way there and back.
/// Source: io_uring_prep_nop(3), Linux 5.1.
struct nop {
    static constexpr const char* name = "nop";

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

}  // namespace lariat
