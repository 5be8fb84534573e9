#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/allocations.hpp"

namespace bench {

/// Integers by name, in the order in which the workload declares them.
class parameters {
  public:
    void set(std::string_view name, long value);

    /// Requires: the workload declares it.
    long operator[](std::string_view name) const;

    const std::vector<std::pair<std::string, long>>& all() const noexcept { return values_; }

    /// Returns: `depth=64 direct=0`.
    std::string text() const;

  private:
    std::vector<std::pair<std::string, long>> values_;
};

/// What a subject is asked to do in one round.
struct job {
    const parameters& with;
    std::string_view subject;
    std::uint64_t items;   ///< To be measured. The subject may round to what its shape needs.
    std::uint64_t warmup;  ///< Before them, not measured; 0 when instructions are counted.
    bool smoke;
};

/// Thrown by a subject that cannot run here; says why. The others go on.
class unavailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// CPU time in nanoseconds, in the program and in the kernel. Together it is exact; most kernels
/// look only at each tick where it is spent, so the parts are good for many ticks, not for one.
struct cpu_time {
    double user = 0;
    double system = 0;

    double total() const noexcept { return user + system; }
    cpu_time operator-(const cpu_time& before) const noexcept {
        return {user - before.user, system - before.system};
    }

    static cpu_time of_this_thread() noexcept;

    /// Of all threads of a process.
    /// Returns: nothing spent where there is no such process.
    static cpu_time of_process(int id) noexcept;
};

/// What a process has spent, all its threads together, those that have ended among them.
struct spent_cpu {
    double nanoseconds = 0;  ///< Exact.
    cpu_time parts = {};

    spent_cpu operator+(const spent_cpu& other) const noexcept {
        return {nanoseconds + other.nanoseconds,
                {parts.user + other.parts.user, parts.system + other.parts.system}};
    }
    spent_cpu operator-(const spent_cpu& before) const noexcept {
        return {nanoseconds - before.nanoseconds, parts - before.parts};
    }

    static spent_cpu of_this_process() noexcept;
};

/// Takes the figures of one round. Only what lies between `start` and `stop` counts.
class meter {
  public:
    void start() noexcept {
        allocations_ = static_cast<double>(allocations_of_this_thread());
        parts_ = cpu_time::of_this_thread();
        cpu_ = cpu_of_this_thread();
        start_ = std::chrono::steady_clock::now();
    }

    void stop(std::uint64_t items) noexcept {
        const auto end = std::chrono::steady_clock::now();
        cpu_ = cpu_of_this_thread() - cpu_;
        parts_ = cpu_time::of_this_thread() - parts_;
        allocations_ = static_cast<double>(allocations_of_this_thread()) - allocations_;
        record(items, std::chrono::duration<double, std::nano>(end - start_).count());
    }

    /// For what another process measured.
    void record(std::uint64_t items, double nanoseconds) noexcept {
        items_ = items;
        nanoseconds_ = nanoseconds;
    }

    /// For what another process has spent: the exact sum, and the parts as its ticks tell them.
    void cpu(double nanoseconds, const cpu_time& parts) noexcept {
        cpu_ = nanoseconds;
        parts_ = parts;
    }
    void cpu(const spent_cpu& spent) noexcept { cpu(spent.nanoseconds, spent.parts); }

    /// System calls between start and stop; of io_uring, those of io_uring_enter.
    void system_calls(std::uint64_t count) noexcept { system_calls_ = static_cast<double>(count); }

    void allocations(std::uint64_t count) noexcept { allocations_ = static_cast<double>(count); }

    /// A figure beside the main one, such as a percentile.
    void note(std::string_view name, double value) { notes_.emplace_back(name, value); }

    std::uint64_t items() const noexcept { return items_; }
    double per_item() const noexcept { return nanoseconds_ / static_cast<double>(items_); }
    /// CPU time of the measuring thread, or of the process that did the work; negative: not known.
    /// Much less than the wall's time says that somebody else had the CPU, or that there was
    /// waiting.
    double cpu_per_item() const noexcept { return cpu_ / static_cast<double>(items_); }
    /// The same, told apart.
    const cpu_time& cpu_parts() const noexcept { return parts_; }
    /// Negative: not counted.
    double allocations_per_item() const noexcept {
        return allocations_ / static_cast<double>(items_);
    }

    /// Negative: not counted.
    double system_calls_per_item() const noexcept {
        return system_calls_ / static_cast<double>(items_);
    }
    const std::vector<std::pair<std::string, double>>& notes() const noexcept { return notes_; }

  private:
    static double cpu_of_this_thread() noexcept;

    std::chrono::steady_clock::time_point start_;
    std::uint64_t items_ = 0;
    double nanoseconds_ = 0;
    double cpu_ = -1;
    cpu_time parts_;
    double allocations_ = -1;
    double system_calls_ = -1;
    std::vector<std::pair<std::string, double>> notes_;
};

/// One way to do the work.
struct subject {
    std::string_view name;
    std::string_view what;
    void (*run)(const job&, meter&);
};

struct parameter {
    std::string_view name;
    std::vector<long> values;  ///< Each is run unless the command line says otherwise.
    std::string_view what;
    long least = 1;
    long most = 1'000'000;
    std::vector<long> smoke_values = {};  ///< With --smoke; empty: `values`.
};

struct workload {
    std::string_view name;
    std::string_view what;
    std::vector<parameter> parameters;
    std::uint64_t items;
    std::uint64_t smoke_items;
    std::vector<subject> subjects;
    std::string_view unit = "ns/item";
    std::string_view reference = "raw";  ///< The subject that the others are compared with.
    bool optional = false;               ///< Not everywhere: run with --smoke only if it is named.
};

/// Keeps the compiler from dropping the computation of `value`.
template <class T>
void keep(const T& value) noexcept {
    asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace bench
