#pragma once

#include <liburing.h>

#include <cstdint>

namespace lariat {

/// What `io_uring_sqe::ioprio` tells the kernel of a send or a receive. Linux 5.19.
inline std::uint16_t transfer_hints(bool poll_first) noexcept {
    return poll_first ? IORING_RECVSEND_POLL_FIRST : 0;
}

}  // namespace lariat
