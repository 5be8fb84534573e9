// A program: MECHANISM ITEMS WARMUP COUNT.
// Nothing is left of it where the library is not there.
#if __has_include(<uv.h>)

#include <vector>

#include <uv.h>

#include "bench/deadlines.hpp"
#include "bench/rivals/mechanism.hpp"

int main(int count, char** words) {
    using namespace std::chrono_literals;
    if (count != 5) return 2;
    const bench::mechanism asked(words);
    if (asked.name != "timer") return 2;
    const auto now = std::chrono::steady_clock::now();
    const bench::deadlines times_of(asked.count, now + 1h);
    std::vector<std::uint64_t> milliseconds;
    for (const auto due : times_of.due)
        milliseconds.push_back(static_cast<std::uint64_t>((due - now) / 1ms));
    uv_loop_t* const loop = uv_default_loop();
    std::vector<uv_timer_t> timers(asked.count);
    for (uv_timer_t& each : timers) uv_timer_init(loop, &each);
    return asked.measure([&](std::uint64_t times) {
        for (std::uint64_t pass = 0; pass < times; ++pass) {
            for (std::uint64_t i = 0; i < asked.count; ++i)
                uv_timer_start(&timers[i], [](uv_timer_t*) {}, milliseconds[i], 0);
            for (const std::uint32_t i : times_of.order) uv_timer_stop(&timers[i]);
        }
    });
}

#endif
