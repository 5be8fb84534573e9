#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

/// Runs `work` in a child process.
/// Returns: whether it ended by a check that says `message`.
template <class Work>
bool dies_with(const std::string& message, Work work) {
    int ends[2];
    if (pipe(ends) != 0) return false;
    std::fflush(nullptr);  // What is buffered would be written by both.
    const pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        work();
        _exit(0);
    }
    close(ends[1]);
    std::string said;
    char part[256];
    for (ssize_t got; (got = read(ends[0], part, sizeof part)) > 0;)
        said.append(part, static_cast<std::size_t>(got));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
           said.find(message) != std::string::npos;
}
