#include "bench/harness.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>

namespace bench {
namespace {

double nanoseconds(const timeval& time) noexcept {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

double exact_time(clockid_t clock) noexcept {
    timespec used{};
    clock_gettime(clock, &used);
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

cpu_time used_by(auto whom) noexcept {
    rusage used{};
    getrusage(whom, &used);
    return {nanoseconds(used.ru_utime), nanoseconds(used.ru_stime)};
}

}  // namespace

void parameters::set(std::string_view name, long value) {
    for (auto& [known, current] : values_) {
        if (known != name) continue;
        current = value;
        return;
    }
    values_.emplace_back(name, value);
}

long parameters::operator[](std::string_view name) const {
    for (const auto& [known, value] : values_) {
        if (known == name) return value;
    }
    throw std::logic_error("a workload reads a parameter it does not declare: " +
                           std::string(name));
}

std::string parameters::text() const {
    std::string text;
    for (const auto& [name, value] : values_) {
        if (!text.empty()) text += ' ';
        text += name + '=' + std::to_string(value);
    }
    return text;
}

cpu_time cpu_time::of_this_thread() noexcept { return used_by(RUSAGE_THREAD); }

spent_cpu spent_cpu::of_this_process() noexcept {
    return {exact_time(CLOCK_PROCESS_CPUTIME_ID), used_by(RUSAGE_SELF)};
}

cpu_time cpu_time::of_process(int id) noexcept {
    std::ifstream file("/proc/" + std::to_string(id) + "/stat");
    std::string line;
    std::getline(file, line);
    // A program's name may have blanks and parentheses; what follows the last one has none.
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    unsigned long user = 0;
    unsigned long system = 0;
    if (std::sscanf(line.c_str() + name_end + 1,
                    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return {};
    const double tick = 1e9 / static_cast<double>(sysconf(_SC_CLK_TCK));
    return {static_cast<double>(user) * tick, static_cast<double>(system) * tick};
}

double meter::cpu_of_this_thread() noexcept { return exact_time(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace bench
