#include "aio/pipe_stream.hpp"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "aio/op/poll.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/error.hpp"

namespace lariat {
namespace {

/// Takes a SIGPIPE that a write of this thread raises while it lives.
class pipe_signal_guard {
  public:
    pipe_signal_guard() noexcept {
        ::sigemptyset(&one_);
        ::sigaddset(&one_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &one_, &before_);
        sigset_t waiting;
        ::sigemptyset(&waiting);
        ::sigpending(&waiting);
        was_pending_ = ::sigismember(&waiting, SIGPIPE) == 1;
    }
    pipe_signal_guard(const pipe_signal_guard&) = delete;
    pipe_signal_guard& operator=(const pipe_signal_guard&) = delete;

    /// Requires: the write has failed with EPIPE. One that was pending before is not ours to take.
    void take() noexcept {
        if (was_pending_) return;
        const timespec at_once{};
        while (::sigtimedwait(&one_, nullptr, &at_once) < 0 && errno == EINTR) {
        }
    }

    ~pipe_signal_guard() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t one_;
    sigset_t before_;
    bool was_pending_ = false;
};

/// Requires: a file with O_NONBLOCK.
result<std::size_t> write_what_fits(descriptor_ref file, const_buffer_view buffer) noexcept {
    pipe_signal_guard guard;
    for (;;) {
        const ssize_t written = ::write(file.process_number(), buffer.data(),
                                        std::min(buffer.size(), longest_transfer));
        if (written >= 0) return static_cast<std::size_t>(written);
        const int error = errno;
        if (error == EINTR) continue;
        if (error == EPIPE) guard.take();
        return kernel_error(error);
    }
}

}  // namespace

pipe_writer::pipe_writer(descriptor end) {
    const int number = end.number();
    ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
    end_ = std::make_shared<guarded_descriptor>(std::move(end));
}

pipe_writer& pipe_writer::operator=(pipe_writer&& other) noexcept {
    pipe_writer moved(std::move(other));
    end_.swap(moved.end_);
    return *this;
}

void pipe_writer::close() noexcept {
    if (end_) end_->close();
}

task<result<std::size_t>> pipe_writer::send_to(shared_end end, const_buffer_view buffer) {
    for (;;) {
        if (!end || !end->is_open()) co_return error::closed;
        // A wait that lost its race must not write: nobody would look at how much.
        if (const auto why = cancelled()) co_return why;
        const auto written = write_what_fits(end->ref(), buffer);
        if (written || written.error() != std::errc::resource_unavailable_try_again)
            co_return written;
        const auto room = co_await end->guard(poll{.file = end->ref(), .events = POLLOUT});
        if (!room) co_return room.error();
    }
}

}  // namespace lariat
