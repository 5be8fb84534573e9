#include "bench/rivals/wrk.hpp"

#include <cstdlib>
#include <string_view>

namespace bench {
namespace {

using namespace std::chrono_literals;

/// The number behind a word; its unit is left in `end`.
double number_behind(const std::string& text, std::string_view word, char*& end) {
    const std::size_t at = text.find(word);
    if (at == text.npos) throw std::runtime_error("wrk said \"" + text + "\"");
    return std::strtod(text.c_str() + at + word.size(), &end);
}

double latency(const std::string& text, std::string_view percentile) {
    char* unit = nullptr;
    const double value = number_behind(text, percentile, unit);
    const std::string_view rest(unit);
    return value * (rest.starts_with("us") ? 1e3 : rest.starts_with("ms") ? 1e6 : 1e9);
}

}  // namespace

client_report run_wrk(const wrk_load& plan) {
    const std::string path = wanted("wrk", "wrk");
    child client(path,
                 {"-t", "1", "-c", std::to_string(plan.connections), "-d",
                  std::to_string(plan.span.count()) + "s", "--latency",
                  "http://127.0.0.1:" + plan.port + plan.path},
                 plan.processor);
    const std::string text = client.output(plan.span + 60s);
    if (text.find("Non-2xx") != text.npos || text.find("Socket errors") != text.npos)
        throw std::runtime_error("wrk met errors: \"" + text + "\"");
    char* end = nullptr;
    client_report got;
    got.per_second = number_behind(text, "Requests/sec:", end);
    got.p50 = latency(text, "50%");
    got.p99 = latency(text, "99%");
    const std::size_t count_end = text.find(" requests in");
    const std::size_t count = text.rfind('\n', count_end);
    got.requests = std::strtoull(text.c_str() + count, nullptr, 10);
    return got;
}

}  // namespace bench
