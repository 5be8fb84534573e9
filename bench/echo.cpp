#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/echo/board.hpp"
#include "bench/echo/child.hpp"
#include "bench/echo/request.hpp"
#include "bench/echo/servers.hpp"
#include "bench/echo/socket.hpp"
#include "bench/tls/ends.hpp"
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

/// Of a server, and of the load: rings, what it waits with, what it inherits.
constexpr std::size_t descriptors_besides = 64;

/// Server and load are processes of their own, each on its CPU; this one only waits. `option` is a
/// parameter of the workload and what the load calls it.
load_result run_echo(const job& work, const std::string& name, const std::string& address,
                     const std::pair<const char*, const char*>& option) {
    for (const echo_server& known : servers_of(name)) {
        // It could only end, and not say why.
        if (known.name == work.subject && !known.serve) (void)known.path();
    }
    need_descriptors(static_cast<std::size_t>(work.with["connections"]) + descriptors_besides);
    const two_processors where = processors_for_two();
    const std::chrono::milliseconds measured = work.smoke ? 50ms : 1000ms;
    const board_descriptor board;
    const auto text = [&](const char* parameter) { return std::to_string(work.with[parameter]); };
    child server({"serve", name, "--listen", address, "--subject", std::string(work.subject),
                  "--cpu", std::to_string(where.server), "--board", board.text()});
    child load({"load",          name,
                "--connect",     server.line(10s),
                "--connections", text("connections"),
                "--size",        text("size"),
                option.second,   text(option.first),
                "--seconds",     std::to_string(static_cast<double>(measured.count()) / 1000),
                "--cpu",         std::to_string(where.load),
                "--server",      std::to_string(server.id()),
                "--board",       board.text(),
                "--figures",     "1"});
    return read_figures(load.line(20s + 2 * measured));
}

constexpr std::pair closed_loop{"pipeline", "--depth"};
constexpr std::pair open_loop{"rate", "--rate"};
constexpr std::pair short_lived{"messages", "--per-connection"};

/// What stands beside the figure that is compared.
void add_notes(const load_result& got, meter& figures) {
    const auto messages = static_cast<double>(got.messages);
    if (got.server_calls > 0) figures.system_calls(got.server_calls);
    figures.allocations(got.server_allocations);
    figures.cpu(got.server_cpu, got.server_parts);
    figures.note("messages_per_second", messages / got.nanoseconds * 1e9);
    figures.note("p50_ns", static_cast<double>(got.p50));
    figures.note("p99_ns", static_cast<double>(got.p99));
    figures.note("p99_9_ns", static_cast<double>(got.p99_9));
    figures.note("max_ns", static_cast<double>(got.max));
    figures.note("server_busy", got.server_cpu / got.nanoseconds);
}

void report(const load_result& got, meter& figures) {
    figures.record(got.messages, got.server_cpu);
    add_notes(got, figures);
}

void echo_over_tcp(const job& work, meter& figures) {
    report(run_echo(work, "echo.tcp", "127.0.0.1:0", closed_loop), figures);
}

/// Compared is what 99 of 100 messages do not exceed.
void echo_at_a_rate(const job& work, meter& figures) {
    const load_result got = run_echo(work, "echo.tcp", "127.0.0.1:0", open_loop);
    if (got.messages == 0) throw std::runtime_error("no message was answered in time");
    const auto messages = static_cast<double>(got.messages);
    figures.record(got.messages, static_cast<double>(got.p99) * messages);
    add_notes(got, figures);
    figures.note("server_cpu_ns", got.server_cpu / messages);
    figures.note("late_p99_ns", static_cast<double>(got.late_p99));
}

/// Compared are connections: made, used, reset.
void echo_on_new_connections(const job& work, meter& figures) {
    const load_result got = run_echo(work, "echo.tcp", "127.0.0.1:0", short_lived);
    const double seconds = got.nanoseconds / 1e9;
    const auto each = static_cast<std::uint64_t>(work.with["messages"]);
    figures.note("connections_per_second",
                 static_cast<double>(got.messages) / static_cast<double>(each) / seconds);
    add_notes(got, figures);
    figures.record(std::max<std::uint64_t>(got.messages / each, 1), got.server_cpu);
}

void echo_over_unix(const job& work, meter& figures) {
    static int runs = 0;
    const std::string run = std::to_string(getpid()) + '-' + std::to_string(++runs);
    report(run_echo(work, "echo.unix", "unix:@lariat-bench-" + run, closed_loop), figures);
}

void echo_over_tls(const job& work, meter& figures) {
    must_have_tls();
    report(run_echo(work, "echo.tls", "127.0.0.1:0", closed_loop), figures);
}

std::vector<subject> all_servers(void (*run)(const job&, meter&),
                                 std::string_view workload = "echo.tcp") {
    std::vector<subject> all;
    for (const echo_server& server : servers_of(workload))
        all.push_back({server.name, server.what, run});
    return all;
}

/// Without those that are there to show one thing, and show it elsewhere.
std::vector<subject> servers_but(const std::vector<std::string_view>& names,
                                 void (*run)(const job&, meter&)) {
    std::vector<subject> all = all_servers(run);
    std::erase_if(all, [&](const subject& one) {
        return std::find(names.begin(), names.end(), one.name) != names.end();
    });
    return all;
}

workload echo_workload(std::string_view name, std::string_view what, std::vector<long> connections,
                       void (*run)(const job&, meter&)) {
    return {
        .name = name,
        .what = what,
        .parameters = {{.name = "connections",
                        .values = std::move(connections),
                        .what = "each with so many messages on their way as `pipeline` says",
                        .most = 10'000,
                        .smoke_values = {1, 8}},
                       {.name = "size", .values = {64}, .what = "bytes per message", .most = 4096},
                       {.name = "pipeline",
                        .values = {1, 16},
                        .what = "messages on their way per connection",
                        .most = 64,
                        .smoke_values = {1}}},
        .items = 1,
        .smoke_items = 1,
        .subjects = all_servers(run),
        .unit = "server CPU ns/message",
    };
}

}  // namespace

workload echo_tcp_workload() {
    return echo_workload("echo.tcp",
                         "a server that sends back what it receives: its CPU time per message, "
                         "over TCP on the loopback device",
                         {1, 32, 1000, 10'000}, echo_over_tcp);
}

workload echo_unix_workload() {
    return echo_workload("echo.unix", "the same over unix sockets", {1, 32, 1000}, echo_over_unix);
}

workload echo_tls_workload() {
    return {
        .name = "echo.tls",
        .what =
            "echo over TLS 1.3 and TCP on the loopback device: the server's CPU time per message",
        .parameters = {{.name = "connections",
                        .values = {1, 32},
                        .what = "whose handshakes are over before anything is measured",
                        .most = 10'000,
                        .smoke_values = {8}},
                       {.name = "size", .values = {64}, .what = "bytes per message", .most = 4096},
                       {.name = "pipeline",
                        .values = {1},
                        .what = "messages on their way per connection, in a record where they are "
                                "sent together",
                        .most = 64}},
        .items = 1,
        .smoke_items = 1,
        .subjects = all_servers(echo_over_tls, "echo.tls"),
        .unit = "server CPU ns/message",
        .optional = true,
    };
}

workload echo_rate_workload() {
    return {
        .name = "echo.rate",
        .what =
            "echo over TCP with messages that are sent at fixed times, whatever becomes of "
            "the ones before: what 99 of 100 take at most from when they were due",
        .parameters =
            {{.name = "rate",
              .values = {10'000, 50'000},
              .what = "messages per second, over all connections",
              .most = 10'000'000,
              .smoke_values = {2000}},
             {.name = "connections", .values = {32}, .what = "which take turns", .most = 10'000},
             {.name = "size", .values = {64}, .what = "bytes per message", .most = 4096}},
        .items = 1,
        .smoke_items = 1,
        .subjects = servers_but({"poll_first"}, echo_at_a_rate),
        .unit = "p99 ns",
    };
}

workload echo_connect_workload() {
    return {
        .name = "echo.connect",
        .what =
            "TCP connections that come, are served and are reset: the server's CPU time for "
            "each, and what it takes from the answer on the one before to its own",
        .parameters = {{.name = "messages",
                        .values = {1},
                        .what = "on each connection, one after the other",
                        .most = 10'000},
                       {.name = "connections",
                        .values = {64},
                        .what = "at the same time",
                        .most = 10'000,
                        .smoke_values = {8}},
                       {.name = "size", .values = {64}, .what = "bytes per message", .most = 4096}},
        .items = 1,
        .smoke_items = 1,
        .subjects = servers_but({"poll_first"}, echo_on_new_connections),
        .unit = "server CPU ns/connection",
    };
}

}  // namespace bench
