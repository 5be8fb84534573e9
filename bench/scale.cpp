#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/workloads.hpp"

namespace bench {
namespace {

/// How one parameter of a workload grows; all others keep their first value.
struct growth {
    std::string_view name;
    std::string_view what;
    std::string_view parameter;
    std::vector<long> values;
    long smoke_value;
};

void keep_first(std::vector<long>& values) {
    if (values.size() > 1) values.erase(values.begin() + 1, values.end());
}

/// The same work, from little of it at a time to much: the same cost per item is what one hopes
/// for.
workload scaled(workload one, const growth& by) {
    one.name = by.name;
    one.what = by.what;
    for (parameter& each : one.parameters) {
        if (each.name == by.parameter) {
            each.values = by.values;
            each.smoke_values = {by.smoke_value};
            continue;
        }
        keep_first(each.values);
        keep_first(each.smoke_values);
    }
    return one;
}

workload with_subjects(workload one, const std::vector<std::string_view>& names) {
    std::erase_if(one.subjects, [&](const subject& who) {
        return std::find(names.begin(), names.end(), who.name) == names.end();
    });
    return one;
}

}  // namespace

workload scale_timers_workload() {
    return scaled(timer_workload(), {.name = "scale.timers",
                                     .what = "the cost of a deadline among more and more of them",
                                     .parameter = "pending",
                                     .values = {10, 100, 1000, 10'000, 100'000, 1'000'000},
                                     .smoke_value = 100});
}

workload scale_tasks_workload() {
    return scaled(yield_workload(),
                  {.name = "scale.tasks",
                   .what = "the cost of a turn among more and more tasks that run already",
                   .parameter = "coroutines",
                   .values = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000},
                   .smoke_value = 100});
}

workload scale_operations_workload() {
    return scaled(nop_workload(), {.name = "scale.operations",
                                   .what = "the cost of an operation beside more and more others",
                                   .parameter = "depth",
                                   .values = {1, 10, 100, 1000},
                                   .smoke_value = 100});
}

workload scale_reads_workload() {
    return scaled(with_subjects(file_read_workload(), {"raw", "lariat"}),
                  {.name = "scale.reads",
                   .what = "the cost of a read of 4 KiB from the page cache, which hides what a "
                           "device would take, beside more and more others",
                   .parameter = "depth",
                   .values = {1, 4, 16, 64, 256},
                   .smoke_value = 16});
}

workload scale_connections_workload() {
    return scaled(with_subjects(echo_tcp_workload(), {"raw", "lariat", "direct", "lariat_direct",
                                                      "epoll", "asio", "asio_uring", "libuv"}),
                  {.name = "scale.connections",
                   .what = "the cost of an echo over TCP beside more and more other connections",
                   .parameter = "connections",
                   .values = {1, 10, 100, 1000, 10'000},
                   .smoke_value = 10});
}

}  // namespace bench
