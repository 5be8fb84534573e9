#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace bench {

struct echo_board;

/// What the load process does, the same for every server.
struct load_plan {
    std::string transport;
    std::string address;
    unsigned connections = 1;
    unsigned size = 64;     ///< Of a message, in bytes.
    unsigned pipeline = 1;  ///< Messages on their way per connection.
    std::chrono::milliseconds warmup{100};
    std::chrono::milliseconds measured{1000};
    pid_t server = 0;  ///< Whose CPU time is charged.
};

struct load_result {
    std::uint64_t messages = 0;
    double nanoseconds = 0;
    double server_cpu = 0;  ///< Nanoseconds, user and kernel, by the kernel's account.
    std::uint64_t server_calls = 0;
    std::uint64_t server_allocations = 0;
    std::uint64_t p50 = 0;  ///< Nanoseconds from send to the last byte of the answer.
    std::uint64_t p99 = 0;
    std::uint64_t p99_9 = 0;
};

/// Sends messages, checks how many bytes come back, and sends the next.
load_result run_load(const load_plan& plan, const echo_board& board);

}  // namespace bench
