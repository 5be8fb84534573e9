#include "bench/echo/request.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>

#include "bench/options.hpp"

namespace bench {

const char* const serve_usage =
    "serve echo.tcp|echo.unix|echo.tls --listen ADDRESS [--subject NAME] [--cpu N]\n"
    "prints the address (127.0.0.1:0 lets the kernel choose a port) and serves until it is killed";

const char* const load_usage =
    "load echo.tcp|echo.unix|echo.tls --connect ADDRESS [--connections N] [--size BYTES]\n"
    "    [--depth N] [--rate N | --per-connection N] [--seconds N] [--cpu N]\n"
    "with --rate so many messages per second are sent, each measured from when it was due; "
    "without, an answer is followed by the next message. With --per-connection a new connection is "
    "made "
    "after so many messages, and their latencies hold the time that it takes; not over TLS";

namespace {

using readers = std::map<std::string_view, std::function<void(const std::string&)>>;

double number_between(const std::string& option, const std::string& text, double least,
                      double most) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most)
        return value;
    char bounds[80];
    std::snprintf(bounds, sizeof bounds, " takes a number from %g to %g, not ", least, most);
    throw usage_error(option + bounds + '"' + text + '"');
}

/// A reader of whole numbers into `into`.
template <class Number>
auto whole(const char* option, Number& into, int least, int most) {
    return [option, &into, least, most](const std::string& text) {
        const double value = number_between(option, text, least, most);
        if (value != static_cast<int>(value))
            throw usage_error(std::string(option) + " takes a whole number, not \"" + text + '"');
        into = static_cast<Number>(value);
    };
}

lariat::address address_in(const std::string& workload, const std::string& option,
                           const std::string& text) {
    const auto where = lariat::address::parse(text);
    if (!where) {
        throw usage_error(option + ": no address: \"" + text +
                          "\"; it is written 127.0.0.1:7000, [::1]:7000 or unix:@name");
    }
    const bool is_unix = where->family() == lariat::address_family::unix_domain;
    if (is_unix != (workload == "echo.unix"))
        throw usage_error(workload + ": " + text + " is no address of its kind");
    return *where;
}

/// Returns: the workload. Each reader is called for its option; all of `required` must be there.
std::string read_words(const std::vector<std::string>& words, const readers& known,
                       const std::string& required, const char* usage) {
    const std::string workload = words.empty() ? "" : words[0];
    if (workload != "echo.tcp" && workload != "echo.unix" && workload != "echo.tls")
        throw usage_error(usage);
    bool found = false;
    for (std::size_t i = 1; i < words.size(); i += 2) {
        const auto reader = known.find(words[i]);
        if (reader == known.end()) throw usage_error("no option \"" + words[i] + "\":\n" + usage);
        if (i + 1 == words.size()) throw usage_error(words[i] + " needs a value:\n" + usage);
        reader->second(words[i + 1]);
        found |= words[i] == required;
    }
    if (!found) throw usage_error(required + " is missing:\n" + usage);
    return workload;
}

std::string printed(const char* format, auto... values) {
    char text[300];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

/// In the largest unit of which it is one at least.
std::string span_text(std::uint64_t nanoseconds) {
    const auto value = static_cast<double>(nanoseconds);
    if (value < 1e6) return printed("%.2f us", value / 1e3);
    if (value < 1e9) return printed("%.2f ms", value / 1e6);
    return printed("%.2f s", value / 1e9);
}

}  // namespace

serve_request read_serve_request(const std::vector<std::string>& words) {
    serve_request asked;
    const auto listens = [&](const std::string& text) {
        asked.where = address_in(words[0], "--listen", text);
    };
    asked.workload =
        read_words(words,
                   {{"--listen", listens},
                    {"--subject", [&](const std::string& text) { asked.subject = text; }},
                    {"--cpu", whole("--cpu", asked.processor, -1, 4095)},
                    {"--board", whole("--board", asked.board, 0, 1'000'000)}},
                   "--listen", serve_usage);
    return asked;
}

load_request read_load_request(const std::vector<std::string>& words) {
    load_request asked;
    load_plan& plan = asked.plan;
    plan.depth = 0;
    double seconds = 10;
    const auto connects = [&](const std::string& text) {
        plan.where = address_in(words[0], "--connect", text);
    };
    asked.workload = read_words(
        words,
        {{"--connect", connects},
         {"--connections", whole("--connections", plan.connections, 1, 100'000)},
         {"--size", whole("--size", plan.size, 1, 4096)},
         {"--depth", whole("--depth", plan.depth, 1, 64)},
         {"--rate",
          [&](const std::string& text) { plan.rate = number_between("--rate", text, 1, 1e7); }},
         {"--per-connection", whole("--per-connection", plan.per_connection, 1, 1'000'000)},
         {"--seconds",
          [&](const std::string& text) { seconds = number_between("--seconds", text, 0.01, 1e5); }},
         {"--cpu", whole("--cpu", asked.processor, -1, 4095)},
         {"--board", whole("--board", asked.board, 0, 1'000'000)},
         {"--server", whole("--server", plan.server, 1, 1 << 30)},
         {"--figures", [&](const std::string&) { asked.figures = true; }}},
        "--connect", load_usage);
    // With a rate, messages must not wait for answers while there is room for them.
    if (plan.depth == 0) plan.depth = plan.rate > 0 ? 64 : 1;
    if (plan.per_connection > 0 && (plan.rate > 0 || plan.depth != 1))
        throw usage_error("--per-connection: only without --rate, and with --depth 1");
    if (plan.per_connection > 0 && asked.workload == "echo.tls")
        throw usage_error("--per-connection: not with echo.tls");
    plan.measured = std::chrono::milliseconds(static_cast<long>(seconds * 1000));
    plan.warmup = std::min(plan.measured / 4, std::chrono::milliseconds(1000));
    return asked;
}

std::string figures_of(const load_result& got) {
    return printed("%lu %.0f %.0f %.0f %.0f %lu %lu %lu %lu %lu %lu %lu", got.messages,
                   got.nanoseconds, got.server_cpu, got.server_parts.user, got.server_parts.system,
                   got.server_calls, got.server_allocations, got.p50, got.p99, got.p99_9, got.max,
                   got.late_p99);
}

load_result read_figures(const std::string& line) {
    load_result got;
    const int found =
        std::sscanf(line.c_str(), "%lu %lf %lf %lf %lf %lu %lu %lu %lu %lu %lu %lu", &got.messages,
                    &got.nanoseconds, &got.server_cpu, &got.server_parts.user,
                    &got.server_parts.system, &got.server_calls, &got.server_allocations, &got.p50,
                    &got.p99, &got.p99_9, &got.max, &got.late_p99);
    if (found != 12) throw std::runtime_error("the load process said \"" + line + "\"");
    return got;
}

std::string report_of(const load_request& asked, const load_result& got) {
    const load_plan& plan = asked.plan;
    const double per_second = static_cast<double>(got.messages) / got.nanoseconds * 1e9;
    std::string text = asked.workload + ' ' + to_string(plan.where);
    text += printed(", connections=%u size=%u depth=%u, ", plan.connections, plan.size, plan.depth);
    text += plan.rate > 0 ? printed("%.0f messages/s wanted", plan.rate) : "as fast as answered";
    text += printed(", %.2f s\n", got.nanoseconds / 1e9);
    text += printed("throughput  %.0f messages/s, %.2f MB/s\n", per_second,
                    per_second * plan.size / 1e6);
    text += "latency     p50 " + span_text(got.p50) + ", p99 " + span_text(got.p99) + ", p99.9 " +
            span_text(got.p99_9) + ", max " + span_text(got.max) + '\n';
    if (plan.rate > 0)
        text += "of these    the load's own lateness p99 " + span_text(got.late_p99) + '\n';
    return text;
}

}  // namespace bench
