#include "bench/interrupt.hpp"

#include <csignal>
#include <ctime>

namespace bench {
namespace {

constexpr int goes_on = 0;
constexpr int ends_with_round = 1;
constexpr int ends_now = 2;

volatile std::sig_atomic_t wish = goes_on;
timespec latest{};

/// Some programs send a signal to a process and to its group: that is one wish.
bool is_new(const timespec& now) noexcept {
    const double since = static_cast<double>(now.tv_sec - latest.tv_sec) +
                         static_cast<double>(now.tv_nsec - latest.tv_nsec) / 1e9;
    return since > 0.3;
}

void on_signal(int signal) noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!is_new(now)) return;
    latest = now;
    if (wish == ends_now) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    wish = signal == SIGTERM || wish == ends_with_round ? ends_now : ends_with_round;
}

}  // namespace

void watch_for_interrupt() {
    wish = goes_on;
    latest = {};
    struct sigaction action{};
    action.sa_handler = on_signal;
    // Not while the other one is handled: both write what the handler reads.
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool ending() noexcept { return wish != goes_on; }

bool interrupted() noexcept { return wish == ends_now; }

}  // namespace bench
