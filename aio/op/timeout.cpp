#include "aio/op/timeout.hpp"

#include <errno.h>
#include <liburing.h>

#include "runtime/kernel_abi.hpp"

namespace lariat {

static_assert(sizeof(kernel_time) == sizeof(__kernel_timespec));

void timeout::prepare(io_uring_sqe& entry) const noexcept {
    storage = {span.count() / 1'000'000'000, span.count() % 1'000'000'000};
    io_uring_prep_timeout(&entry, reinterpret_cast<__kernel_timespec*>(&storage), 0, 0);
}

void timeout::prepare_multishot(io_uring_sqe& entry) const noexcept {
    prepare(entry);
    entry.timeout_flags |= kernel::timeout_multishot;
}

completion_event timeout::translated(completion_event event) noexcept {
    if (event.result == -ETIME) event.result = 0;
    return event;
}

}  // namespace lariat
