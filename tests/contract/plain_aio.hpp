#pragma once

#include <system_error>
#include <vector>

#include "aio/aio.hpp"
#include "aio/testing/fake_provider.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

/// An aio with nothing around it: the test is consumer and provider.
class plain_aio final : public lariat::aio {
  public:
    void begin_for(lariat::listener& consumer) noexcept { begin(lariat::continuation(consumer)); }
};

/// A cancel function that keeps what it was called with, and changes nothing.
struct recorder {
    std::vector<std::error_code> reasons;
    lariat::aio* operation = nullptr;

    static void ask(lariat::aio& operation, void* self, std::error_code reason) noexcept {
        auto& record = *static_cast<recorder*>(self);
        record.operation = &operation;
        record.reasons.push_back(reason);
    }
};

inline const std::error_code canceled = make_error_code(lariat::error::canceled);
inline const std::error_code timed_out = make_error_code(lariat::error::timed_out);
inline const std::error_code stopped = make_error_code(lariat::error::stopped);
inline const std::error_code closed = make_error_code(lariat::error::closed);
inline const std::error_code broken = std::make_error_code(std::errc::io_error);

using count_result = lariat::result<std::size_t>;

inline lariat::task<count_result> wait_for(lariat::testing::fake_operation& operation) {
    co_return co_await operation;
}
