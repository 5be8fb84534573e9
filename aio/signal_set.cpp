#include "aio/signal_set.hpp"

#include <errno.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <iterator>

#include "aio/op/poll.hpp"
#include "runtime/cancelled.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"

namespace lariat {
namespace {

constexpr int requests_to_end[] = {SIGINT, SIGTERM, SIGQUIT};

}  // namespace

signal_set::signal_set(std::initializer_list<int> numbers) {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigemptyset(&blocked_);
    ::sigemptyset(&acting_);
    for (const int number : numbers) {
        const bool can_be = number != SIGKILL && number != SIGSTOP;
        check(can_be && ::sigaddset(&wanted, number) == 0,
              "signal_set: SIGKILL, SIGSTOP or something that is no signal");
    }
    file_ = descriptor::adopt(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!file_) throw std::system_error(kernel_error(errno), "signal_set: no signalfd(2)");

    sigset_t before;
    ::pthread_sigmask(SIG_BLOCK, &wanted, &before);
    for (const int number : numbers) {
        if (::sigismember(&before, number) == 0) ::sigaddset(&blocked_, number);
    }
}

signal_set::~signal_set() {
    block_again();
    ::pthread_sigmask(SIG_UNBLOCK, &blocked_, nullptr);
}

task<result<int>> signal_set::next() {
    block_again();
    for (;;) {
        // A wait that lost its race must not take a signal: nobody would look at it.
        if (const auto why = cancelled()) co_return why;
        if (const int number = take()) {
            let_act(number);
            co_return number;
        }
        const auto ready = co_await poll{.file = file_, .events = POLLIN};
        if (!ready) co_return ready.error();
    }
}

int signal_set::take() noexcept {
    signalfd_siginfo arrived;
    const ssize_t size = ::read(file_.number(), &arrived, sizeof arrived);
    return size == sizeof arrived ? static_cast<int>(arrived.ssi_signo) : 0;
}

void signal_set::let_act(int number) noexcept {
    for (std::size_t i = 0; i < std::size(requests_to_end); ++i) {
        if (requests_to_end[i] != number) continue;
        struct sigaction by_default = {};
        by_default.sa_handler = SIG_DFL;
        ::sigaction(number, &by_default, &found_[i]);
        ::sigaddset(&acting_, number);
        sigset_t one;
        ::sigemptyset(&one);
        ::sigaddset(&one, number);
        ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    }
}

void signal_set::block_again() noexcept {
    if (::sigisemptyset(&acting_)) return;
    ::pthread_sigmask(SIG_BLOCK, &acting_, nullptr);
    for (std::size_t i = 0; i < std::size(requests_to_end); ++i) {
        if (::sigismember(&acting_, requests_to_end[i]) == 1)
            ::sigaction(requests_to_end[i], &found_[i], nullptr);
    }
    ::sigemptyset(&acting_);
}

}  // namespace lariat
