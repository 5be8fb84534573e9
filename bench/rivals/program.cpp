#include "bench/rivals/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "bench/echo/child.hpp"

namespace bench {
namespace {

void run_mechanism(const std::string& path, std::string_view mechanism, std::uint64_t count,
                   const job& work, meter& figures) {
    child rival(path,
                {std::string(mechanism), std::to_string(work.items), std::to_string(work.warmup),
                 std::to_string(count)},
                -1);
    const std::string line = rival.line(std::chrono::minutes(5));
    std::uint64_t items = 0;
    double nanoseconds = 0;
    std::uint64_t allocations = 0;
    if (std::sscanf(line.c_str(), "%lu %lf %lu", &items, &nanoseconds, &allocations) != 3)
        throw std::runtime_error(path + " said \"" + line + "\"");
    figures.record(items, nanoseconds);
    figures.allocations(allocations);
}

}  // namespace

std::string rival_program(std::string_view program, std::string_view package) {
    const auto own = std::filesystem::read_symlink("/proc/self/exe");
    const auto path = own.parent_path() / program;
    if (access(path.c_str(), X_OK) == 0) return path;
    throw unavailable(std::string(program).append(" was not built (Debian: ").append(package) +
                      ")");
}

void become_rival(const std::string& path, int listener, int board) {
    std::string words[] = {path, std::to_string(listener), std::to_string(board)};
    char* const list[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    for (const int kept : {listener, board}) fcntl(kept, F_SETFD, 0);
    execv(path.c_str(), list);
    throw std::system_error(errno, std::generic_category(), path);
}

void run_asio(std::string_view mechanism, std::uint64_t count, const job& work, meter& figures) {
    run_mechanism(rival_program("lariat-bench-asio-mechanisms", "libboost1.81-dev"), mechanism,
                  count, work, figures);
}

void run_libuv(std::string_view mechanism, std::uint64_t count, const job& work, meter& figures) {
    run_mechanism(rival_program("lariat-bench-libuv-timers", "libuv1-dev"), mechanism, count, work,
                  figures);
}

}  // namespace bench
