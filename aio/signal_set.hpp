#pragma once

#include <signal.h>

#include <cstddef>
#include <initializer_list>

#include "aio/descriptor.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Signals that are waited for instead of handled.
///
///     signal_set signals{SIGINT, SIGTERM};
///     auto which = co_await signals.next();     // result<int>
///
/// While it lives the signals are blocked in the thread that made it. SIGINT, SIGTERM and SIGQUIT
/// ask the process to end: from its delivery until `next` is called again such a signal has its
/// default action, so that a second Ctrl-C ends at once a program whose shutdown takes too long.
///
/// Threads: make it before other threads are started: they inherit the block, and a thread without
/// it would be given the signal. Used and destroyed on the thread that made it.
/// Lifetime: outlives its waits. Destroyed, it puts back what it found; a signal that nobody took
/// then acts. Child processes inherit the block: unblock it before exec.
/// Source: signalfd(2), sigprocmask(2).
class signal_set {
  public:
    /// Requires: signals that can be blocked.
    /// Errors: throws `std::system_error` without a descriptor to spare.
    signal_set(std::initializer_list<int> numbers);
    signal_set(const signal_set&) = delete;
    signal_set& operator=(const signal_set&) = delete;
    ~signal_set();

    /// Waits for one of the signals. Several of a kind may arrive as one.
    /// Returns: its number.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: takes no signal; the next call gets it.
    task<result<int>> next();

  private:
    int take() noexcept;
    void let_act(int number) noexcept;
    void block_again() noexcept;

    descriptor file_;
    sigset_t blocked_{};  // By this object, and not by others before it.
    sigset_t acting_{};   // Those that have their default action now.
    struct sigaction found_[3] = {};
};

}  // namespace lariat
