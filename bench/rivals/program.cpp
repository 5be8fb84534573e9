#include "bench/rivals/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "bench/harness.hpp"

namespace bench {

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

}  // namespace bench
