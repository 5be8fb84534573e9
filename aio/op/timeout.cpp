#include "aio/op/timeout.hpp"

#include <errno.h>
#include <liburing.h>

#include <algorithm>
#include <chrono>

#include "runtime/kernel_abi.hpp"

namespace lariat {

static_assert(sizeof(kernel_time) == sizeof(__kernel_timespec));

namespace {

/// How often a multishot ticks before it is begun anew; 0: without end. A cancel does not find a
/// timer that has run out and is not set again yet: of one that does so faster than the loop goes
/// round, it would miss each.
std::uint64_t ticks_at_once(duration span) noexcept {
    using namespace std::chrono_literals;
    return span < 100us ? static_cast<std::uint64_t>(10ms / std::max<duration>(span, 1us)) : 0;
}

}  // namespace

void timeout::prepare(io_uring_sqe& entry) const noexcept {
    storage = {span.count() / 1'000'000'000, span.count() % 1'000'000'000};
    io_uring_prep_timeout(&entry, reinterpret_cast<__kernel_timespec*>(&storage), 0, 0);
}

void timeout::prepare_multishot(io_uring_sqe& entry) const noexcept {
    prepare(entry);
    entry.timeout_flags |= kernel::timeout_multishot;
    entry.off = ticks_at_once(span);
}

completion_event timeout::translated(completion_event event) noexcept {
    if (event.result == -ETIME) event.result = 0;
    return event;
}

}  // namespace lariat
