#pragma once

#include <chrono>
#include <cstddef>

#include "aio/address.hpp"

namespace bench {

/// A listening socket. TCP never runs under the machine's default congestion control: bbr paces
/// even the loopback device.
struct listening {
    int socket;
    lariat::address address;  ///< With the port that the kernel chose, if it was asked to.
};
listening listen_on(const lariat::address& where);

/// TCP on the loopback device, on a port of the kernel's choice.
listening listen_on_loopback();

/// Not connected yet, with the same options.
int socket_for(const lariat::address& where);

int connect_to(const lariat::address& where);

/// Returns: the next connection of a listening socket.
/// Errors: throws when none comes in time; `interruption` on Ctrl-C.
int accept_within(std::chrono::milliseconds at_most, int door);

/// Closes a connection so that its port is free at once.
void reset(int socket) noexcept;

/// Errors: throws `unavailable` when the system does not grant a process so many descriptors.
void need_descriptors(std::size_t count);

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
