#include "bench/echo/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "bench/interrupt.hpp"

namespace bench {
namespace {

/// Between fork and exec: only what is safe there.
[[noreturn]] void become(char* const* words, int output, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    // Ctrl-C reaches the whole group; the parent decides when its children end.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_DFL);
    dup2(output, STDOUT_FILENO);
    execv("/proc/self/exe", words);
    _exit(127);
}

}  // namespace

child::child(const std::vector<std::string>& arguments) : name_(arguments.at(0)) {
    std::vector<std::string> copies{"lariat-bench"};
    copies.insert(copies.end(), arguments.begin(), arguments.end());
    std::vector<char*> words;
    for (std::string& copy : copies) words.push_back(copy.data());
    words.push_back(nullptr);

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    const pid_t parent = getpid();
    id_ = fork();
    if (id_ == 0) become(words.data(), ends[1], parent);
    close(ends[1]);
    output_ = ends[0];
    if (id_ < 0) {
        close(output_);
        throw std::system_error(errno, std::generic_category(), "fork");
    }
}

child::~child() {
    kill(id_, SIGKILL);
    while (waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
    close(output_);
}

std::string child::line(std::chrono::milliseconds at_most) {
    using clock = std::chrono::steady_clock;
    const clock::time_point deadline = clock::now() + at_most;
    for (;;) {
        if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
            std::string first = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            return first;
        }
        if (interrupted()) throw interruption{};
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
        if (left.count() <= 0)
            throw std::runtime_error("the " + name_ + " process did not answer in time");
        pollfd ready{output_, POLLIN, 0};
        if (poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
        char text[256];
        const ssize_t count = read(output_, text, sizeof text);
        if (count <= 0) throw std::runtime_error("the " + name_ + " process ended early");
        pending_.append(text, static_cast<std::size_t>(count));
    }
}

}  // namespace bench
