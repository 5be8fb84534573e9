#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "aio/address.hpp"
#include "bench/echo/wire.hpp"
#include "bench/harness.hpp"

namespace bench {

struct echo_board;

/// What the load process does, the same for every server.
struct load_plan {
    lariat::address where;
    unsigned connections = 1;
    unsigned size = 64;  ///< Of a message, in bytes.
    unsigned depth = 1;  ///< Messages on their way per connection, at most.
    /// Messages per second, over all connections: each is sent at its time, or as soon as its
    /// connection has room. 0: each answer is followed by the next message.
    double rate = 0;
    /// Messages, one after the other, after which a new connection takes the place of the old one,
    /// which is reset. 0: all stay.
    unsigned per_connection = 0;
    bool spins = true;  ///< Waits for the next time without sleeping: has a CPU for itself.
    std::chrono::milliseconds warmup{100};
    std::chrono::milliseconds measured{1000};
    pid_t server = 0;  ///< Whose CPU time is charged; 0: it is not here.
    /// Greets the server on a connection that was just made and blocks; empty: there is nothing to
    /// say but messages. Only where all connections stay.
    std::function<std::unique_ptr<wire>(int socket)> speak = {};
};

struct load_result {
    std::uint64_t messages = 0;  ///< Answered in the time.
    double nanoseconds = 0;
    double server_cpu = 0;       ///< Nanoseconds, user and kernel, by the kernel's account.
    cpu_time server_parts = {};  ///< The same told apart, as its ticks tell it.
    std::uint64_t server_calls = 0;
    std::uint64_t server_allocations = 0;
    /// Nanoseconds until the last byte of the answer: from when the message was due with a rate,
    /// and from the answer that it follows without.
    std::uint64_t p50 = 0;
    std::uint64_t p99 = 0;
    std::uint64_t p99_9 = 0;
    std::uint64_t max = 0;
    /// With a rate: how much later than due the load itself came to 99 of 100 messages. It is part
    /// of the latencies, and none of the server's doing.
    std::uint64_t late_p99 = 0;
};

/// Sends messages and checks how many bytes come back. With a rate, those that were due in the time
/// and are not answered a second after its end count as if they were answered then.
/// Errors: throws when the server ends, and when more messages wait than could ever catch up.
load_result run_load(const load_plan& plan, const echo_board& board);

}  // namespace bench
