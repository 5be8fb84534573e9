#include <unistd.h>

#include <cstdio>
#include <string>

#include "bench/echo/board.hpp"
#include "bench/echo/child.hpp"
#include "bench/echo/load.hpp"
#include "bench/echo/servers.hpp"
#include "bench/echo/socket.hpp"
#include "bench/workloads.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

class board_descriptor {
  public:
    ~board_descriptor() { close(descriptor_); }
    std::string text() const { return std::to_string(descriptor_); }

  private:
    int descriptor_ = make_board();
};

load_result read_result(const std::string& line) {
    load_result got;
    const int found = std::sscanf(line.c_str(), "%lu %lf %lf %lu %lu %lu %lu %lu", &got.messages,
                                  &got.nanoseconds, &got.server_cpu, &got.server_calls,
                                  &got.server_allocations, &got.p50, &got.p99, &got.p99_9);
    if (found != 8) throw std::runtime_error("the load process said \"" + line + "\"");
    return got;
}

/// Server and load are processes of their own, each on its CPU; this one only waits.
load_result run_echo(const job& work, const std::string& transport) {
    const two_processors where = processors_for_two();
    const std::chrono::milliseconds measured = work.smoke ? 50ms : 1000ms;
    const board_descriptor board;
    const auto text = [&](const char* name) { return std::to_string(work.with[name]); };
    child server({"serve", std::string(work.subject), transport, std::to_string(where.server),
                  board.text()});
    const std::string address = server.line(10s);
    child load({"load", transport, address, text("connections"), text("size"), text("pipeline"),
                std::to_string(measured.count()), std::to_string(where.load),
                std::to_string(server.id()), board.text()});
    return read_result(load.line(20s + 2 * measured));
}

void report(const load_result& got, meter& figures) {
    const auto messages = static_cast<double>(got.messages);
    figures.record(got.messages, got.server_cpu);
    figures.system_calls(got.server_calls);
    figures.allocations(got.server_allocations);
    figures.note("messages_per_second", messages / got.nanoseconds * 1e9);
    figures.note("p50_ns", static_cast<double>(got.p50));
    figures.note("p99_ns", static_cast<double>(got.p99));
    figures.note("p99_9_ns", static_cast<double>(got.p99_9));
    figures.note("server_busy", got.server_cpu / got.nanoseconds);
}

void echo_over_tcp(const job& work, meter& figures) { report(run_echo(work, "tcp"), figures); }
void echo_over_unix(const job& work, meter& figures) { report(run_echo(work, "unix"), figures); }

workload echo_workload(std::string_view name, std::string_view what,
                       void (*run)(const job&, meter&)) {
    workload echo{
        .name = name,
        .what = what,
        .parameters = {{.name = "connections",
                        .values = {1, 32, 1000},
                        .what = "each with so many messages on their way as `pipeline` says",
                        .most = 10'000,
                        .smoke_values = {1, 8}},
                       {.name = "size", .values = {64}, .what = "bytes per message", .most = 4096},
                       {.name = "pipeline",
                        .values = {1},
                        .what = "messages on their way per connection",
                        .most = 64}},
        .items = 1,
        .smoke_items = 1,
        .subjects = {},
        .unit = "server CPU ns/message",
    };
    for (const echo_server& server : echo_servers)
        echo.subjects.push_back({server.name, server.what, run});
    return echo;
}

}  // namespace

workload echo_tcp_workload() {
    return echo_workload("echo.tcp",
                         "a server that sends back what it receives: its CPU time per message, "
                         "over TCP on the loopback device",
                         echo_over_tcp);
}

workload echo_unix_workload() {
    return echo_workload("echo.unix", "the same over unix sockets", echo_over_unix);
}

}  // namespace bench
