#include "bench/harness.hpp"

#include <ctime>

namespace bench {

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

double meter::cpu_of_this_thread() noexcept {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

}  // namespace bench
