#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench/echo/child.hpp"

using namespace std::chrono_literals;

namespace {

/// What `lariat-bench --list` says of a workload, a line each.
using description = std::vector<std::string>;

std::map<std::string, description> list_of_workloads() {
    bench::child program(LARIAT_BENCH, {"--list"}, -1);
    std::istringstream lines(program.output(60s));
    std::map<std::string, description> all;
    std::string name;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("    "))
            all[name].push_back(line.substr(4));
        else
            name = line.substr(0, line.find(' '));
    }
    return all;
}

/// Of a line `name=1,2,3  what it means`; 0 for a line that is none.
std::ptrdiff_t count_of_values(const std::string& line) {
    const std::string word = line.substr(0, line.find(' '));
    if (word.find('=') == std::string::npos) return 0;
    return std::count(word.begin(), word.end(), ',') + 1;
}

bool has_subject(const description& lines, const std::string& name) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.starts_with(name + ' '); });
}

}  // namespace

TEST_CASE("each workload that scales grows in one parameter alone, and has a raw way beside it") {
    const auto all = list_of_workloads();

    for (const char* what : {"timers", "tasks", "operations", "reads", "connections", "workers"}) {
        const std::string name = std::string("scale.") + what;
        CAPTURE(name);
        REQUIRE(all.contains(name));
        const description& lines = all.at(name);
        CHECK(has_subject(lines, "raw"));
        CHECK(has_subject(lines, "lariat"));
        std::ptrdiff_t most = 0;
        std::ptrdiff_t that_grow = 0;
        for (const std::string& line : lines) {
            most = std::max(most, count_of_values(line));
            that_grow += count_of_values(line) > 1;
        }
        CHECK(most >= 4);
        CHECK(that_grow == 1);
    }
}

TEST_CASE("every rival is listed where it competes, whether it was built or not") {
    const auto all = list_of_workloads();

    for (const char* name : {"echo.tcp", "echo.unix", "echo.rate", "scale.connections"}) {
        CAPTURE(name);
        REQUIRE(all.contains(name));
        for (const char* rival : {"raw", "epoll", "asio", "asio_uring", "libuv"})
            CHECK(has_subject(all.at(name), rival));
    }
    for (const char* name : {"yield", "await", "spawn", "timer"}) {
        CAPTURE(name);
        REQUIRE(all.contains(name));
        CHECK(has_subject(all.at(name), "asio"));
    }
}

TEST_CASE(
    "what TLS costs is listed with OpenSSL by hand beside ours, whether it was built or not") {
    const auto all = list_of_workloads();

    for (const char* name : {"tls", "echo.tls"}) {
        CAPTURE(name);
        REQUIRE(all.contains(name));
        for (const char* who : {"raw", "lariat"}) CHECK(has_subject(all.at(name), who));
    }
}

TEST_CASE("a stream inside the process is listed beside one through the kernel, by hand and ours") {
    const auto all = list_of_workloads();

    REQUIRE(all.contains("echo.inproc"));
    for (const char* who : {"raw_socketpair", "lariat", "lariat_socketpair"})
        CHECK(has_subject(all.at("echo.inproc"), who));
}

TEST_CASE("timers whose end is told have those of ours beside them") {
    const auto all = list_of_workloads();

    for (const char* name : {"timer", "scale.timers"}) {
        CAPTURE(name);
        REQUIRE(all.contains(name));
        for (const char* told : {"lariat_sleep", "asio"}) CHECK(has_subject(all.at(name), told));
    }
}

TEST_CASE("where ours has direct descriptors, what is written by hand has them, too") {
    std::size_t found = 0;

    for (const auto& [name, lines] : list_of_workloads()) {
        if (!has_subject(lines, "lariat_direct")) continue;
        CAPTURE(name);
        CHECK(has_subject(lines, "direct"));
        ++found;
    }

    CHECK(found >= 5);
}
