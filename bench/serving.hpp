#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/echo/child.hpp"
#include "bench/harness.hpp"

namespace bench {

/// A server of requests, ours or another, in a process of its own.
struct served {
    std::unique_ptr<child> process;
    std::string port;  ///< On the loopback device.
};

/// What a client says of its own run.
struct client_report {
    std::uint64_t requests = 0;
    double per_second = 0;
    double p50 = 0;  ///< Nanoseconds from request to answer.
    double p99 = 0;
};

/// Returns: a port of the loopback device that nobody listens on.
std::string free_port();

/// Returns: when the server takes connections.
/// Errors: throws when it does not within a few seconds.
void wait_for_door(const served& server);

/// Starts a server among the examples on one worker; the arguments are those of its command.
served serve_example(const std::string& command, const std::vector<std::string>& arguments);

/// Returns: where that program is. Errors: throws `unavailable`, with the package that has it.
std::string wanted(std::string_view program, std::string_view package);

/// Lets a client run, as `run` does, and accounts for it and for the server's CPU time.
template <class Run>
void measure_client(const served& server, meter& figures, Run run) {
    const spent_cpu before = server.process->spent();
    const client_report got = run();
    const spent_cpu used = server.process->spent() - before;
    const auto requests = static_cast<double>(got.requests);
    const double nanoseconds = requests / got.per_second * 1e9;
    figures.record(got.requests, nanoseconds);
    figures.cpu(used);
    figures.note("requests_per_second", got.per_second);
    figures.note("server_cpu_ns", used.nanoseconds / requests);
    figures.note("server_busy", used.nanoseconds / nanoseconds);
    figures.note("p50_ns", got.p50);
    figures.note("p99_ns", got.p99);
}

/// `serve_resp CPU`: prints the port, then serves until it is killed.
int serve_resp_command(const std::vector<std::string>& words);

/// `serve_http CPU FOLDER`: prints the port, then serves the files below until it is killed.
int serve_http_command(const std::vector<std::string>& words);

}  // namespace bench
