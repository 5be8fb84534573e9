#pragma once

#include <netdb.h>

#include <cstddef>
#include <string>
#include <vector>

#include "aio/address.hpp"
#include "aio/op/socket.hpp"
#include "aio/resolve_error.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"
#include "runtime/thread_pool.hpp"

namespace lariat {

/// Looks names up. What `resolve` asks: the system, or in tests something that needs no network.
/// Threads: both functions are called on those of a pool, several at a time.
class name_source {
  public:
    /// As getaddrinfo(3): may block; returns 0, or an EAI_* number and leaves errno for EAI_SYSTEM.
    virtual int look_up(const char* host, const char* service, const addrinfo& hints,
                        addrinfo*& found) noexcept = 0;

    /// As freeaddrinfo(3): called once for each list that `look_up` has found.
    virtual void release(addrinfo* found) noexcept = 0;

    /// Hosts, DNS and what else nsswitch.conf(5) names.
    static name_source& system() noexcept;

  protected:
    ~name_source() = default;
};

struct resolve_options {
    /// The only family that is asked for; of `unspecified` both, IPv4 and IPv6.
    address_family family = address_family::unspecified;
    /// What the service is for: the same name may have another port for datagrams.
    socket_type type = socket_type::stream;
    /// For a listener: without a host the address is "any", not the loopback device's.
    bool passive = false;
    /// Nothing is looked up: a host or a service that is no number is an error.
    bool numeric_host = false;
    bool numeric_service = false;
    /// Addresses above this are dropped: who answers decides how many there are.
    std::size_t most = 64;
    /// Where it blocks a thread; null: the pool that the process has in common.
    thread_pool* pool = nullptr;
    /// Whom it asks; null: the system. Lifetime: until its last call has returned, which may be
    /// long after the wait for it was cancelled; see `thread_pool`.
    name_source* source = nullptr;
};

/// Finds the addresses of a service on a host, in the order in which they are to be tried (RFC
/// 6724), each once. Host and service may be numbers; an empty host is this machine, an empty
/// service port 0.
///
///     auto where = co_await io::within(2s, io::resolve("example.org", "https"));
///
/// Returns: one address at least.
/// Errors: those of `resolve_error`; of no thread, what pthread_create(3) says; invalid_argument
/// for a zero byte in a name; canceled, stopped, timed_out (through `within`).
/// Cancel: the wait ends at once. A look-up that has a thread cannot be interrupted and keeps that
/// thread until it is done, half a minute with servers that do not answer; its answer is dropped.
/// Threads: home.
/// Source: getaddrinfo(3).
task<result<std::vector<address>>> resolve(std::string host, std::string service,
                                           resolve_options options = {});

}  // namespace lariat
