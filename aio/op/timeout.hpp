#pragma once

#include <cstdint>

#include "aio/op/operation.hpp"
#include "aio/op/remedy.hpp"
#include "runtime/clock.hpp"

namespace lariat {

/// Time as an entry of the ring takes it.
struct kernel_time {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
};

/// Waits in the kernel for a span of time. `sleep_for` costs less: its deadline lives in user
/// space. This one is for measuring, and for what must be an operation like all others.
/// Errors: canceled; invalid_argument for a negative span.
/// Source: io_uring_prep_timeout(3), Linux 5.4.
struct timeout {
    static constexpr const char* name = "timeout";

    duration span{};
    mutable kernel_time storage{};  ///< What the kernel reads; filled by `prepare`.

    void prepare(io_uring_sqe& entry) const noexcept;

    static constexpr kernel_version multishot_since{6, 4};

    /// Answers after each span, without drift; below 100 us each 10 ms of them begin anew. Linux
    /// 6.4; before it, one span after the other.
    void prepare_multishot(io_uring_sqe& entry) const noexcept;
    static remedy remedy_for(std::error_code) noexcept { return remedy::none; }

    static void value(completion_event) noexcept {}

    /// The kernel calls it an error that the time has passed.
    static completion_event translated(completion_event event) noexcept;
};

}  // namespace lariat
