#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aio/buffer.hpp"
#include "aio/child_process.hpp"
#include "aio/command.hpp"
#include "aio/op/path_ref.hpp"
#include "aio/process_end.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// Lifetime: views, which outlive the task.
struct run_options {
    /// What the program finds in its input; then comes the end.
    const_buffer_view input{};
    /// The most bytes of its output, and of its errors: a program decides how much it writes, never
    /// how much is allocated.
    std::size_t limit = 16 * 1024 * 1024;
    /// Collected if they are `piped`.
    child_stream errors = child_stream::piped;
    /// See `child_options`.
    std::optional<std::span<const std::string>> environment{};
    std::optional<path_ref> directory{};
    bool own_group = false;
};

/// A program that has run: how it ended, and what it wrote.
struct finished_process {
    process_end end;
    std::vector<std::byte> output;
    std::vector<std::byte> errors;

    /// Lifetime: views into this object.
    std::string_view output_text() const noexcept;
    std::string_view error_text() const noexcept;
};

/// Runs a program to its end: feeds its input, and collects what it writes meanwhile, so that
/// neither waits for the other for ever. It has ended when nobody has its output and errors open
/// any more, a program that it left behind included, and it itself has ended. That it did not read
/// all of its input is no error, and neither is a status other than 0.
///
///     auto sorted = co_await io::within(2s, io::run_process({"sort", "-u"}, {.input = names}));
///
/// Errors: those of `child_process::start`; limit_exceeded, not_enough_memory; canceled, stopped,
/// timed_out (through `within`). Then it is killed.
/// Source: posix_spawn(3).
task<result<finished_process>> run_process(command what, run_options options = {});

}  // namespace lariat
