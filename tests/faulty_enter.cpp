#include "tests/faulty_enter.hpp"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "runtime/ring.hpp"

namespace {

std::uint64_t seed = 0;

int call_kernel(unsigned ring, unsigned submit, unsigned complete, unsigned flags, void* argument,
                std::size_t size) {
    const long outcome =
        ::syscall(__NR_io_uring_enter, ring, submit, complete, flags, argument, size);
    return outcome < 0 ? -errno : static_cast<int>(outcome);
}

int sometimes_fail(unsigned ring, unsigned submit, unsigned complete, unsigned flags,
                   void* argument, std::size_t size) {
    static thread_local std::mt19937_64 random(seed);
    if (random() % 10 != 0) return call_kernel(ring, submit, complete, flags, argument, size);
    switch (random() % 4) {
        case 0:
            return -EINTR;
        case 1:
            return -EAGAIN;
        case 2:
            return -EBUSY;
        default:
            // The kernel does not wait when it has not submitted all.
            if (submit < 2) return call_kernel(ring, submit, complete, flags, argument, size);
            return call_kernel(ring, submit / 2, 0, flags, argument, size);
    }
}

}  // namespace

void fail_enter_at_random_if_asked() {
    const char* asked = std::getenv("LARIAT_FAULTY_ENTER");
    if (!asked) return;
    seed = std::stoull(asked);
    if (seed == 0) seed = std::random_device()();
    std::cout << "io_uring_enter fails at random: LARIAT_FAULTY_ENTER=" << seed << std::endl;
    lariat::ring::replace_enter(&sometimes_fail);
}
