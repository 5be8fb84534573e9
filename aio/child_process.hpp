#pragma once

#include <sys/types.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "aio/command.hpp"
#include "aio/descriptor.hpp"
#include "aio/op/path_ref.hpp"
#include "aio/pipe_stream.hpp"
#include "aio/process_end.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// What a standard descriptor of a child is. Trivial: `.output = child_stream::piped`, or a
/// descriptor, which the child gets and the caller keeps.
class child_stream {
  public:
    enum kind : std::uint8_t {
        inherited,    ///< That of this process.
        null_device,  ///< /dev/null: what is read ends at once, what is written is dropped.
        piped,        ///< A pipe, whose other end the `child_process` has.
        as_output,    ///< For errors: wherever output goes.
        given,        ///< The descriptor.
    };

    constexpr child_stream(kind what = inherited) noexcept : kind_(what) {}

    template <std::convertible_to<descriptor_ref> File>
        requires(!std::same_as<std::remove_cvref_t<File>, child_stream>)
    constexpr child_stream(File&& file) noexcept : file_(std::forward<File>(file)), kind_(given) {}

    constexpr kind what() const noexcept { return kind_; }
    constexpr descriptor_ref file() const noexcept { return file_; }

  private:
    descriptor_ref file_;
    kind kind_;
};

/// Lifetime: views; `start` reads them, and nothing does later.
struct child_options {
    child_stream input{};
    child_stream output{};
    child_stream errors{};
    /// Texts as `NAME=value`, in place of those of this process.
    std::optional<std::span<const std::string>> environment{};
    /// Where it starts; without one, where this process is.
    std::optional<path_ref> directory{};
    /// It leads a process group of its own: signals go to all of it, what a shell started
    /// included, and what is left of it is killed with the child.
    bool own_group = false;
};

/// A program that runs beside this one, and no longer than this object lives.
///
///     auto child = io::child_process::start({"sort", "--unique"},
///                                           {.input = io::child_stream::piped});
///     co_await io::write_all(child->input(), names);
///     child->input().close();
///     auto end = co_await io::within(2s, child->wait());
///
/// Destroyed while the program runs, it kills it and waits, on this thread, until the kernel has
/// ended it. Only one that may not be killed, because it has taken another user's rights, is left
/// alone. A copy of this object in a forked process ends nothing.
///
/// Threads: those of one home; `start` on any. Lifetime: may be moved and destroyed under its
/// operations: a pending `wait` yields how the program ended, what its pipes do ends with `closed`.
/// Source: posix_spawn(3), pidfd_open(2), Linux 5.3.
class child_process {
  public:
    /// Starts a program. A name without a slash is looked for in this process's PATH; a relative
    /// one begins in `directory`. It starts with no signal blocked or ignored, and with those
    /// descriptors open that are not close-on-exec. Blocks until the program's file has been
    /// opened; from a disk that is slow to answer, start it by `offload`.
    /// Requires: SIGCHLD is not ignored, and nobody else waits for children that he does not know.
    /// Errors: no_such_file_or_directory, permission_denied, for the program or the directory;
    /// executable_format_error, argument_list_too_long, too_many_files_open,
    /// too_many_files_open_in_system, also by the limit of a user's pipes,
    /// resource_unavailable_try_again, not_enough_memory; invalid_argument for a zero byte in a
    /// text; bad_file_descriptor for a direct descriptor. Then nothing was started.
    static result<child_process> start(const command& what, const child_options& options = {});

    child_process(child_process&&) noexcept = default;
    child_process& operator=(child_process&& other) noexcept;
    ~child_process();

    /// Our ends of its pipes; closed from the start for what is none.
    pipe_writer& input() noexcept { return input_; }
    pipe_reader& output() noexcept { return output_; }
    pipe_reader& errors() noexcept { return errors_; }

    /// For system calls of one's own; not its number any more once it has ended and been waited
    /// for.
    pid_t id() const noexcept;

    /// Waits for its end; yields how it ended, each time again.
    /// Errors: canceled, stopped, timed_out (through `within`): it runs on, and can be waited for;
    /// no_child_process if somebody else has waited for it.
    task<result<process_end>> wait() { return wait_for(state_); }

    /// Sends it a signal, or its group if it has one.
    /// Errors: no_such_process once its end is known; operation_not_permitted, invalid_argument.
    /// Source: pidfd_send_signal(2), kill(2).
    result<void> send_signal(int number) noexcept;

    /// SIGKILL, which no program withstands; `wait` tells when it has ended.
    result<void> kill() noexcept;

    /// Asks it to end, by SIGTERM; kills it when it has not within `patience`. Yields how it ended.
    /// Errors: those of `wait`; after them it was asked, and runs on.
    template <class Rep, class Period>
    task<result<process_end>> end(std::chrono::duration<Rep, Period> patience) {
        return end_in_order(state_, to_duration(patience));
    }

  private:
    struct state;
    using shared_state = std::shared_ptr<state>;

    child_process();
    static result<child_process> start_with(const command& what, const child_options& options);
    static task<result<process_end>> wait_for(shared_state child);
    static task<result<process_end>> end_in_order(shared_state child, duration patience);

    shared_state state_;  // Shared with waits that are pending. Null: moved from.
    pipe_writer input_;
    pipe_reader output_;
    pipe_reader errors_;
};

}  // namespace lariat
