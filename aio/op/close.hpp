#pragma once

#include "aio/op/operation.hpp"

namespace lariat {

/// Closes a descriptor that was released, and tells how that went: `close{.file = d.release()}`.
/// `descriptor::close` does the same at once, and may then block on a file that is flushed.
/// Errors: what a write that the kernel had put off met: io_error, no_space_on_device. The number
/// is free whatever the result. Cancel: ignored, or the descriptor would leak: a task that is
/// cancelled closes all the same. Source: close(2), io_uring_prep_close(3), Linux 5.6.
struct close {
    static constexpr const char* name = "close";

    int file = -1;

    void prepare(io_uring_sqe& entry) const noexcept;
    static void value(completion_event) noexcept {}
};

/// The awaiter of `close`: it is always submitted, and nothing ends it but the kernel's answer.
class [[nodiscard]] close_operation final : public kernel_operation,
                                            public awaiting<close_operation> {
  public:
    explicit close_operation(close call) noexcept : call_(call) {}
    ~close_operation() { retire(); }

    bool launch() noexcept;
    result<void> await_resume() const noexcept { return error(); }

  private:
    void prepare(io_uring_sqe& entry) const noexcept override { call_.prepare(entry); }
    void describe(wait_report& report) const override;

    close call_;
};

inline close_operation operator co_await(close call) noexcept { return close_operation(call); }

}  // namespace lariat
