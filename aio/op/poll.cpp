#include "aio/op/poll.hpp"

#include <errno.h>
#include <liburing.h>
#include <limits.h>

#include <algorithm>

#include "runtime/kernel_abi.hpp"

namespace lariat {

void poll::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_poll_add(&entry, file.number(), events);
    entry.flags = file.entry_flags();
}

void poll::prepare_multishot(io_uring_sqe& entry) const noexcept {
    io_uring_prep_poll_multishot(&entry, file.number(), events);
    entry.flags = file.entry_flags();
}

void epoll_control::prepare(io_uring_sqe& entry) const noexcept {
    io_uring_prep_rw(IORING_OP_EPOLL_CTL, &entry, epoll.process_number(), &event,
                     static_cast<unsigned>(operation),
                     static_cast<std::uint64_t>(file.process_number()));
}

void epoll_wait::prepare(io_uring_sqe& entry) const noexcept {
    const auto most = std::min<std::size_t>(events.size(), INT_MAX);
    io_uring_prep_rw(kernel::op_epoll_wait, &entry, epoll.number(), events.data(),
                     static_cast<unsigned>(most), 0);
    entry.flags = epoll.entry_flags();
}

bool epoll_wait::supported(const ring& kernel) noexcept {
    return kernel.supports(kernel::op_epoll_wait);
}

completion_event epoll_wait::fallback() noexcept { return {-ENOSYS, 0}; }

}  // namespace lariat
