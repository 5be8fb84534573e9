#include "bench/echo/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "bench/harness.hpp"
#include "bench/interrupt.hpp"

namespace bench {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

int socket_for(const lariat::address& where) {
    const int family = static_cast<int>(where.family());
    const int made = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) fail("socket");
    if (family == AF_UNIX) return made;
    const int on = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) != 0 &&
        setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) != 0)
        fail("TCP_CONGESTION: neither reno nor cubic");
    return made;
}

listening listen_on(const lariat::address& where) {
    // Accepted sockets inherit the options.
    const int door = socket_for(where);
    // A port that was chosen is free again at once when its server is started again.
    const int on = 1;
    if (where.port() != 0) setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(door, where.data(), where.size()) != 0) fail("bind");
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    const auto generic = reinterpret_cast<sockaddr*>(&bound);
    if (getsockname(door, generic, &length) != 0) fail("getsockname");
    if (listen(door, 4096) != 0) fail("listen");
    return {door, lariat::address::from(generic, length).value()};
}

listening listen_on_loopback() { return listen_on(lariat::address::loopback(0)); }

int connect_to(const lariat::address& where) {
    const int made = socket_for(where);
    if (connect(made, where.data(), where.size()) != 0) fail("connect");
    return made;
}

int accept_within(std::chrono::milliseconds at_most, int door) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    for (;;) {
        if (interrupted()) throw interruption{};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd ready{door, POLLIN, 0};
        // Ctrl-C ends the wait with EINTR.
        const int found = poll(&ready, 1, static_cast<int>(std::max(left.count(), 0L)));
        if (found == 0) throw std::runtime_error("nobody connected in time");
        if (found < 0) continue;
        const int taken = accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
        if (taken < 0) fail("accept");
        return taken;
    }
}

void reset(int socket) noexcept {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(socket);
}

void need_descriptors(std::size_t count) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit");
    if (limit.rlim_max == RLIM_INFINITY || count <= limit.rlim_max) return;
    throw unavailable("needs " + std::to_string(count) + " descriptors; ulimit -Hn says " +
                      std::to_string(limit.rlim_max));
}

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void pin_to(int processor) {
    if (processor < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(processor), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail("sched_setaffinity");
}

two_processors processors_for_two() noexcept {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return {-1, -1};
    two_processors found{-1, -1};
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (!CPU_ISSET(static_cast<unsigned>(i), &set)) continue;
        if (found.load < 0) found.load = i;
        found.server = i;
    }
    if (found.load == found.server) return {-1, -1};
    return found;
}

}  // namespace bench
