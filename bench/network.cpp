#include "bench/network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace bench {
namespace {

bool raise_loopback() noexcept {
    const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool raised = ioctl(any, SIOCSIFFLAGS, &request) == 0;
    close(any);
    return raised;
}

int this_network() noexcept { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

void enter(int network) {
    if (setns(network, CLONE_NEWNET) != 0)
        throw std::system_error(errno, std::generic_category(), "setns");
}

/// Returns: a descriptor of it; negative where that is not allowed.
int make_network() {
    const int before = this_network();
    if (before < 0 || unshare(CLONE_NEWNET) != 0) {
        close(before);
        return -1;
    }
    int made = -1;
    if (raise_loopback()) {
        made = this_network();
        // Of this network only. Refused, both sides of a comparison have what the machine has.
        std::ofstream("/proc/sys/net/ipv4/tcp_congestion_control") << "reno\n";
    }
    enter(before);
    close(before);
    return made;
}

}  // namespace

own_network::own_network() {
    static const int apart = make_network();
    if (apart < 0) return;
    before_ = this_network();
    if (before_ >= 0) enter(apart);
}

own_network::~own_network() {
    if (before_ < 0) return;
    // It was left a moment ago: what forbids to go back would have forbidden to leave.
    setns(before_, CLONE_NEWNET);
    close(before_);
}

}  // namespace bench
