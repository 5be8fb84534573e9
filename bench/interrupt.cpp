#include "bench/interrupt.hpp"

#include <csignal>

namespace bench {
namespace {

volatile std::sig_atomic_t flag = 0;

void on_signal(int) noexcept { flag = 1; }

}  // namespace

void watch_for_interrupt() {
    flag = 0;
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() noexcept { return flag != 0; }

}  // namespace bench
