#include "bench/environment.hpp"

#include <gnu/libc-version.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include "bench/build.hpp"
#include "bench/harness.hpp"
#include "bench/raw/ring.hpp"
#include "bench/version.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/version.hpp"

#ifdef LARIAT_BENCH_NNG
#include <nng/nng.h>
#endif

namespace bench {
namespace {

constexpr const char* governor_file = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
constexpr const char* clock_file =
    "/sys/devices/system/clocksource/clocksource0/current_clocksource";
constexpr const char* congestion_file = "/proc/sys/net/ipv4/tcp_congestion_control";

/// Returns: the value of the first line of /proc/cpuinfo that has this name.
std::string processor_fact(const std::string& name) {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (!line.starts_with(name) || colon == std::string::npos) continue;
        return colon + 2 < line.size() ? line.substr(colon + 2) : "";
    }
    return "unknown";
}

/// Returns: what a file of `NAME=value` or `NAME="value"` lines has for the name.
std::string setting_of(const char* path, const std::string& name) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(name + "=")) continue;
        std::string value = line.substr(name.size() + 1);
        std::erase(value, '"');
        return value;
    }
    return "unknown";
}

std::string now_text() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

/// Registered memory and, on old kernels, rings count against it.
std::string lockable_memory() {
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return "unknown";
    if (limit.rlim_cur == RLIM_INFINITY) return "unlimited";
    return std::to_string(limit.rlim_cur / 1024) + " KiB";
}

std::string standard_libraries() {
    std::string names = std::string("glibc ") + gnu_get_libc_version();
#ifdef __GLIBCXX__
    names += ", libstdc++ of GCC " + std::to_string(_GLIBCXX_RELEASE);
#endif
    return names;
}

int usable_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return CPU_COUNT(&set);
}

std::string or_unknown(std::string text) { return text.empty() ? "unknown" : text; }

std::string nng_version_text() {
#ifdef LARIAT_BENCH_NNG
    return nng_version();
#else
    return "none";
#endif
}

std::string ring_facts() {
    try {
        const raw::ring ring(256);
        return raw::names_of_flags(ring.flags()) +
               (ring.registered() ? ", descriptor registered" : ", descriptor not registered");
    } catch (const unavailable& why) {
        return why.what();
    }
}

std::string lariat_ring_facts() {
    try {
        lariat::scheduler loop;
        return loop.kernel()->flags();
    } catch (const std::system_error& why) {
        return why.what();
    }
}

void add_warnings(environment& found, const std::string& governor, const std::string& congestion) {
    std::vector<std::string>& warnings = found.warnings;
    if (found.processors < 2)
        warnings.push_back("one CPU: server and load of the echo workloads share it");
    if ((" " + processor_fact("flags") + " ").find(" hypervisor ") != std::string::npos)
        warnings.push_back("a virtual machine: its CPUs may be shared with others");
    double load = 0;
    if (getloadavg(&load, 1) == 1 && load > 0.5)
        warnings.push_back("load average " + std::to_string(load).substr(0, 4) +
                           ": other work shares the CPUs");
    if (governor != "performance" && governor != "unknown")
        warnings.push_back("CPU governor is " + governor + ", not performance: clocks vary");
    if (governor == "unknown") warnings.push_back("CPU governor not visible: clocks may vary");
    if (congestion == "bbr")
        warnings.push_back("bbr paces loopback TCP: echo sets its own; resp and http can as root");
    if (!worth_timing) {
        warnings.push_back(built_with_sanitizer ? "a sanitizer build: figures are meaningless"
                                                : "a debug build: figures are meaningless");
    }
}

}  // namespace

std::string first_line_of(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

environment environment::look() {
    environment found;
    found.processors = usable_processors();
    utsname system{};
    uname(&system);
    const std::string governor = or_unknown(first_line_of(governor_file));
    const std::string congestion = or_unknown(first_line_of(congestion_file));
    found.facts = {
        {"measured", now_text()},
        {"cpu", processor_fact("model name")},
        {"cores", std::to_string(found.processors)},
        {"governor", governor},
        {"clock_source", or_unknown(first_line_of(clock_file))},
        {"system", setting_of("/etc/os-release", "PRETTY_NAME")},
        {"kernel", std::string(system.release) + ", " + system.machine},
        {"congestion_control", congestion},
        {"lockable_memory", lockable_memory()},
        {"compiler", compiler},
        {"build_type", std::string(LARIAT_BENCH_BUILD_TYPE) +
                           (built_with_optimisation ? "" : ", not optimised") +
                           (built_with_sanitizer ? ", sanitizer" : "")},
        {"compiler_flags", LARIAT_BENCH_FLAGS},
        {"standard_library", standard_libraries()},
        {"lariat", std::string(lariat::version())},
        {"liburing", LARIAT_BENCH_LIBURING},
        {"openssl", LARIAT_BENCH_OPENSSL},
        {"nng", nng_version_text()},
        {"boost", LARIAT_BENCH_BOOST},
        {"libuv", LARIAT_BENCH_LIBUV},
        {"fio", version_of_program("fio", "--version")},
        {"redis", version_of_program("redis-server", "--version")},
        {"nginx", version_of_program("nginx", "-v")},
        {"wrk", version_of_program("wrk", "-v")},
        {"raw_ring", ring_facts()},
        {"lariat_ring", lariat_ring_facts()},
    };
    add_warnings(found, governor, congestion);
    return found;
}

}  // namespace bench
