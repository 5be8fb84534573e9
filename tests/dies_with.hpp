#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

/// How a child process ended, and what it wrote to stderr.
struct child_end {
    int status = 0;
    std::string said;
};

template <class Work>
child_end run_in_child(Work work) {
    child_end result;
    int ends[2];
    if (pipe(ends) != 0) return result;
    std::fflush(nullptr);  // What is buffered would be written by both.
    const pid_t child = fork();
    if (child < 0) return result;
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
    char part[256];
    for (ssize_t got; (got = read(ends[0], part, sizeof part)) > 0;)
        result.said.append(part, static_cast<std::size_t>(got));
    close(ends[0]);
    waitpid(child, &result.status, 0);
    return result;
}

/// Runs `work` in a child process.
/// Returns: whether it ended by a check that says `message`.
template <class Work>
bool dies_with(const std::string& message, Work work) {
    const child_end end = run_in_child(work);
    return WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGABRT &&
           end.said.find(message) != std::string::npos;
}
