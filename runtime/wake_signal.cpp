#include "runtime/wake_signal.hpp"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

#include "runtime/available.hpp"
#include "runtime/error.hpp"

namespace lariat {

wake_signal::wake_signal(ring& kernel) : ring_(kernel) {
    event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event_ < 0) {
        const std::error_code why = kernel_error(errno);
        throw std::system_error(why, explain_refusal(why));
    }
    watch();
}

wake_signal::~wake_signal() { ::close(event_); }

void wake_signal::raise() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

void wake_signal::end() noexcept {
    ending_ = true;
    if (watching_ && !ring_.cancel(*this)) watching_ = false;
}

void wake_signal::watch() noexcept {
    watching_ = true;
    ring_.start(*this);
}

void wake_signal::prepare(io_uring_sqe& entry) const noexcept {
    ring::prepare_watch(entry, event_);
}

void wake_signal::complete(completion_event event) noexcept {
    if (event.more()) return;
    watching_ = false;
    // The kernel ends a watch when it is short of room for answers.
    if (!ending_) watch();
}

}  // namespace lariat
