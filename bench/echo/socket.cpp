#include "bench/echo/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace bench {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

struct unix_address {
    sockaddr_un where{};
    socklen_t length = 0;

    explicit unix_address(const std::string& name) {
        where.sun_family = AF_UNIX;
        if (name.size() + 1 > sizeof where.sun_path) throw std::runtime_error("name too long");
        std::memcpy(where.sun_path + 1, name.data(), name.size());
        length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    }
};

int tcp_socket() {
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) fail("socket");
    const int on = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, "reno", 4) != 0 &&
        setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) != 0)
        fail("TCP_CONGESTION: neither reno nor cubic");
    return made;
}

int unix_socket() {
    const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) fail("socket");
    return made;
}

const sockaddr* generic(const void* address) { return static_cast<const sockaddr*>(address); }

}  // namespace

listening listen_on(const std::string& transport) {
    listening door{-1, {}};
    if (transport == "unix") {
        door = {unix_socket(), "lariat-bench-" + std::to_string(getpid())};
        const unix_address name(door.address);
        if (bind(door.socket, generic(&name.where), name.length) != 0) fail("bind");
    } else {
        // Accepted sockets inherit both options.
        door.socket = tcp_socket();
        sockaddr_in any = loopback(0);
        socklen_t length = sizeof any;
        if (bind(door.socket, generic(&any), length) != 0) fail("bind");
        if (getsockname(door.socket, reinterpret_cast<sockaddr*>(&any), &length) != 0)
            fail("getsockname");
        door.address = std::to_string(ntohs(any.sin_port));
    }
    if (listen(door.socket, 4096) != 0) fail("listen");
    return door;
}

int connect_to(const std::string& transport, const std::string& address) {
    int made = -1;
    int answer = -1;
    if (transport == "unix") {
        made = unix_socket();
        const unix_address name(address);
        answer = connect(made, generic(&name.where), name.length);
    } else {
        made = tcp_socket();
        const sockaddr_in where = loopback(std::stoi(address));
        answer = connect(made, generic(&where), sizeof where);
    }
    if (answer != 0) fail("connect");
    return made;
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
