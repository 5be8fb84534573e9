#include "bench/echo/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bench/interrupt.hpp"

namespace bench {
namespace {

constexpr const char* this_program = "/proc/self/exe";

/// Between fork and exec: only what is safe there.
[[noreturn]] void become(const char* path, char* const* words, int output, pid_t parent,
                         const cpu_set_t* processors) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    // Ctrl-C reaches the whole group; the parent decides when its children end.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_DFL);
    dup2(output, STDOUT_FILENO);
    if (path != this_program) {
        // Many programs handle it whatever they inherit, and would end with half of their work.
        setpgid(0, 0);
        const int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    if (processors) sched_setaffinity(0, sizeof *processors, processors);
    execv(path, words);
    _exit(127);
}

}  // namespace

std::string path_of(std::string_view program) {
    const char* const named = std::getenv("PATH");
    std::string places = named ? named : "";
    places += ":/usr/local/sbin:/usr/sbin:/sbin";
    for (std::size_t at = 0; at < places.size();) {
        const std::size_t end = std::min(places.find(':', at), places.size());
        const std::string path = places.substr(at, end - at).append("/").append(program);
        if (end > at && access(path.c_str(), X_OK) == 0) return path;
        at = end + 1;
    }
    return "";
}

child::child(const std::vector<std::string>& arguments) : name_(arguments.at(0)) {
    std::vector<std::string> words{"lariat-bench"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    start(this_program, words, -1);
}

child::child(const std::string& path, const std::vector<std::string>& arguments, int processor)
    : name_(path) {
    std::vector<std::string> words{path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    start(path.c_str(), words, processor);
}

void child::start(const char* path, const std::vector<std::string>& arguments, int processor) {
    std::vector<std::string> copies = arguments;
    std::vector<char*> words;
    for (std::string& copy : copies) words.push_back(copy.data());
    words.push_back(nullptr);
    cpu_set_t one;
    CPU_ZERO(&one);
    if (processor >= 0) CPU_SET(static_cast<unsigned>(processor), &one);

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    const pid_t parent = getpid();
    id_ = fork();
    if (id_ == 0) become(path, words.data(), ends[1], parent, processor >= 0 ? &one : nullptr);
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
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    for (;;) {
        if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
            std::string first = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            return first;
        }
        if (!read_more(deadline)) throw std::runtime_error("the " + name_ + " process ended early");
    }
}

std::string child::output(std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (read_more(deadline)) {
    }
    return std::exchange(pending_, {});
}

/// Returns: false when it has closed its output, as it does at its end.
bool child::read_more(std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        if (interrupted()) throw interruption{};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            throw std::runtime_error("the " + name_ + " process did not answer in time");
        pollfd ready{output_, POLLIN, 0};
        if (poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
        char text[256];
        const ssize_t count = read(output_, text, sizeof text);
        if (count <= 0) return false;
        pending_.append(text, static_cast<std::size_t>(count));
        return true;
    }
}

spent_cpu child::spent() const {
    clockid_t its_clock{};
    timespec used{};
    if (clock_getcpuclockid(id_, &its_clock) != 0 || clock_gettime(its_clock, &used) != 0)
        throw std::runtime_error("no CPU clock for the " + name_ + " process");
    return {static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec),
            cpu_time::of_process(id_)};
}

}  // namespace bench
