#pragma once

#include <errno.h>
#include <sys/wait.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "aio/child_process.hpp"
#include "aio/command.hpp"
#include "aio/stream.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

// Programs that tests start.

inline lariat::command shell(std::string script) { return {"/bin/sh", "-c", std::move(script)}; }

inline const lariat::command waits_for_ever{"sleep", "1000000"};

inline std::string text_of(const lariat::result<std::vector<std::byte>>& bytes) {
    if (!bytes) return "an error: " + bytes.error().message();
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

/// What a program writes to its output, to its end.
inline lariat::task<std::string> output_of(lariat::command program,
                                           lariat::child_options options = {}) {
    options.output = lariat::child_stream::piped;
    auto child = lariat::child_process::start(program, options);
    if (!child) co_return "not started: " + child.error().message();
    const auto all = co_await lariat::read_to_end(child->output(), 64 * 1024);
    co_return text_of(all);
}

/// Neither running nor waiting to be waited for.
inline bool no_children_left() {
    siginfo_t told{};
    return ::waitid(P_ALL, 0, &told, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}
