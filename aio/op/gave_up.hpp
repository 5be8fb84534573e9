#pragma once

#include <errno.h>

namespace lariat {

/// What an operation that was interrupted in a worker thread answers; not part of errno.h.
inline constexpr int erestartsys = 512;

/// Whether the kernel says that it gave up; for the reason that it was asked for, if it was.
constexpr bool gave_up(int result) noexcept {
    return result == -ECANCELED || result == -EINTR || result == -erestartsys;
}

}  // namespace lariat
