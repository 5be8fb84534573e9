#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/echo/child.hpp"
#include "bench/echo/socket.hpp"
#include "bench/network.hpp"
#include "bench/sp/party.hpp"
#include "bench/workloads.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

sp_count read_count(const std::string& line) {
    sp_count got;
    if (std::sscanf(line.c_str(), "%lu %lf", &got.messages, &got.nanoseconds) != 2)
        throw std::runtime_error("a process of messages said \"" + line + "\"");
    return got;
}

void expect(const std::string& said, const std::string& wanted) {
    if (said != wanted) throw std::runtime_error("a process of messages said \"" + said + "\"");
}

/// A name of its own for each run: the last one's may not be free yet.
std::string url_of(const std::string& transport) {
    static int runs = 0;
    if (transport == "tcp") return "tcp://127.0.0.1:0";
    return transport + ":///tmp/lariat-bench-" + std::to_string(getpid()) + "-" +
           std::to_string(++runs);
}

/// Two processes of the same party, each on its CPU: one listens, the other dials.
struct two_processes {
    two_processes(const job& work, const std::string& transport, const char* listens,
                  const char* dials) {
        (void)sp_party_of(work.subject);  // Both are processes of it, which could only end.
        const own_network apart;
        const two_processors where = processors_for_two();
        const std::string size = std::to_string(work.with["size"]);
        measured = work.smoke ? 50ms : 1000ms;
        const auto start = [&](const char* role, const std::string& url, int processor) {
            return std::make_unique<child>(std::vector<std::string>{
                "sp", role, std::string(work.subject), url, size, std::to_string(measured.count()),
                std::to_string(processor)});
        };
        listening = start(listens, url_of(transport), where.server);
        dialing = start(dials, listening->line(10s), where.load);
    }

    /// Lets one of them count, and looks at what both spend meanwhile.
    sp_count counted_by(child& who, meter& figures) const {
        const std::chrono::milliseconds at_most = 20s + 2 * measured;
        expect(who.line(at_most), "began");
        const spent_cpu before = listening->spent() + dialing->spent();
        expect(who.line(at_most), "ended");
        figures.cpu(listening->spent() + dialing->spent() - before);
        const sp_count got = read_count(who.line(at_most));
        figures.record(got.messages, got.nanoseconds);
        return got;
    }

    std::chrono::milliseconds measured;
    std::unique_ptr<child> listening;
    std::unique_ptr<child> dialing;
};

void run_throughput(const job& work, meter& figures, const std::string& transport) {
    const two_processes both(work, transport, "receive", "send");
    const sp_count got = both.counted_by(*both.listening, figures);
    const double seconds = got.nanoseconds / 1e9;
    const auto bytes = static_cast<double>(got.messages) * static_cast<double>(work.with["size"]);
    figures.note("messages_per_second", static_cast<double>(got.messages) / seconds);
    figures.note("megabytes_per_second", bytes / seconds / 1e6);
}

void run_latency(const job& work, meter& figures, const std::string& transport) {
    const two_processes both(work, transport, "echo", "ask");
    both.counted_by(*both.dialing, figures);
}

void throughput_over_tcp(const job& work, meter& figures) { run_throughput(work, figures, "tcp"); }
void throughput_over_ipc(const job& work, meter& figures) { run_throughput(work, figures, "ipc"); }
void latency_over_tcp(const job& work, meter& figures) { run_latency(work, figures, "tcp"); }
void latency_over_ipc(const job& work, meter& figures) { run_latency(work, figures, "ipc"); }

void run_inproc(const job& work, meter& figures) {
    static int runs = 0;
    const sp_plan plan{.url = "inproc://bench" + std::to_string(++runs),
                       .size = static_cast<std::size_t>(work.with["size"]),
                       .round_trips = work.items / 2};
    const sp_count got = sp_party_of(work.subject).ask_within(plan, work.with["threads"] == 2);
    figures.record(2 * got.messages, got.nanoseconds);
    figures.cpu(got.spent);
}

workload between_processes(std::string_view name, std::string_view what, std::vector<long> sizes,
                           std::string_view unit, void (*run)(const job&, meter&)) {
    return {
        .name = name,
        .what = what,
        .parameters = {{.name = "size",
                        .values = std::move(sizes),
                        .what = "bytes per message",
                        .smoke_values = {64}}},
        .items = 1,
        .smoke_items = 1,
        .subjects = {{"nng", "libnng, if it was there when this was built", run},
                     {"lariat", "message sockets", run}},
        .unit = unit,
        .reference = "nng",
    };
}

/// Where a message is answered at once, one may look for it instead of sleeping.
workload with_spinning(workload what) {
    const auto run = what.subjects.back().run;
    what.subjects.push_back({"lariat_spinning",
                             "loops that spin for 50 us before they sleep, which takes CPU time",
                             run});
    return what;
}

}  // namespace

workload sp_tcp_workload() {
    return between_processes("sp.tcp",
                             "messages from a push socket to a pull socket in another process, "
                             "over TCP on the loopback device, which for root does not pace; "
                             "the CPU time is of both",
                             {64, 65536}, "ns/message", throughput_over_tcp);
}

workload sp_ipc_workload() {
    return between_processes("sp.ipc", "the same over a unix socket", {64, 65536}, "ns/message",
                             throughput_over_ipc);
}

workload sp_tcp_latency_workload() {
    return with_spinning(
        between_processes("sp.tcp.latency",
                          "a message from a pair socket to one in another process, and back, "
                          "over TCP on the loopback device; the CPU time is of both",
                          {64}, "ns/round trip", latency_over_tcp));
}

workload sp_ipc_latency_workload() {
    return with_spinning(between_processes("sp.ipc.latency", "the same over a unix socket", {64},
                                           "ns/round trip", latency_over_ipc));
}

workload sp_inproc_workload() {
    return with_spinning({
        .name = "sp.inproc",
        .what = "a message that goes to and fro between two pair sockets of a process, whose "
                "CPU time is that of all its threads",
        .parameters = {{.name = "threads", .values = {1, 2}, .what = "of the two", .most = 2},
                       {.name = "size", .values = {64}, .what = "bytes per message"}},
        .items = 100'000,
        .smoke_items = 2'000,
        .subjects = {{"nng", "libnng, which has threads of its own besides", run_inproc},
                     {"lariat", "message sockets", run_inproc}},
        .unit = "ns/message",
        .reference = "nng",
    });
}

}  // namespace bench
