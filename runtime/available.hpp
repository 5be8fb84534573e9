#pragma once

#include <string>
#include <system_error>

namespace lariat {

/// Whether io_uring can be used in this process.
struct availability {
    bool usable = false;
    std::string reason;  ///< When not: one sentence with why, and what to do.

    explicit operator bool() const noexcept { return usable; }
};

/// Finds out without starting a ring.
/// Source: io_uring_setup(2), sysctl kernel.io_uring_disabled; Linux 6.1 is needed.
availability available();

/// Returns: the sentence that explains why a ring could not be set up.
std::string explain_refusal(std::error_code why);

}  // namespace lariat
