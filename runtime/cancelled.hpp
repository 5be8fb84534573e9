#pragma once

#include <system_error>

#include "runtime/home.hpp"

namespace lariat {

/// Why the coroutine that runs has been cancelled; empty: it has not, or has no strand. For a step
/// that is a plain call: operations ask by themselves.
inline std::error_code cancelled() noexcept {
    return here.line ? std::error_code(here.line->reason) : std::error_code();
}

}  // namespace lariat
