#include "aio/op/poll.hpp"

#include <liburing.h>

namespace lariat {

void poll::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_poll_add(&entry, file.number(), events);
}

void poll::prepare_multishot(io_uring_sqe& entry) const noexcept {
    io_uring_prep_poll_multishot(&entry, file.number(), events);
}

}  // namespace lariat
