#pragma once

#include <string>

namespace bench {

/// A listening socket on the loopback device, or a unix socket without a place in the file system.
/// `transport` is tcp or unix. TCP never runs under the machine's default congestion control: bbr
/// paces even the loopback device.
struct listening {
    int socket;
    std::string address;  ///< A port, or an abstract name.
};
listening listen_on(const std::string& transport);

int connect_to(const std::string& transport, const std::string& address);

/// As many descriptors as the system grants.
void raise_descriptor_limit() noexcept;

/// Keeps this process on the CPU of that number; negative: anywhere.
void pin_to(int processor);

/// The CPUs this process may run on, the first and the last; -1 for both when there is but one.
struct two_processors {
    int load;
    int server;
};
two_processors processors_for_two() noexcept;

}  // namespace bench
