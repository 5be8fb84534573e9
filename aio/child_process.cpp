#include "aio/child_process.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>

#include "aio/op/poll.hpp"
#include "aio/spawn_call.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/fork.hpp"
#include "runtime/within.hpp"

namespace lariat {
namespace {

constexpr int standard_descriptors = 3;

/// What an older header lacks: P_PIDFD.
constexpr auto by_handle = static_cast<idtype_t>(3);

/// The program's own standard descriptors take numbers that this process may use for others:
/// those are passed from a number that no standard descriptor has.
result<descriptor> above_standard(int number) noexcept {
    auto copy = descriptor::adopt(::fcntl(number, F_DUPFD_CLOEXEC, standard_descriptors));
    if (!copy) return kernel_error(errno);
    return copy;
}

/// What `start` keeps open of one standard descriptor: its own end of a pipe, and the child's
/// until it has that.
struct wire {
    descriptor ours;
    descriptor theirs;
};

std::error_code pass(spawn_call& call, int target, int number, wire& made) noexcept {
    if (number >= 0 && number < standard_descriptors && number != target) {
        auto copy = above_standard(number);
        if (!copy) return copy.error();
        made.theirs = *std::move(copy);
        number = made.theirs.number();
    }
    call.set_descriptor(target, number);
    return {};
}

std::error_code pass_pipe(spawn_call& call, int target, wire& made) noexcept {
    int numbers[2];
    if (::pipe2(numbers, O_CLOEXEC) < 0) return kernel_error(errno);
    made.ours = descriptor::adopt(numbers[0]);
    made.theirs = descriptor::adopt(numbers[1]);
    if (target == STDIN_FILENO) made.ours.swap(made.theirs);
    wire moved;
    const auto failure = pass(call, target, made.theirs.number(), moved);
    if (moved.theirs) made.theirs = std::move(moved.theirs);
    return failure;
}

std::error_code connect(spawn_call& call, int target, child_stream what, wire& made) noexcept {
    switch (what.what()) {
        case child_stream::inherited:
            break;
        case child_stream::null_device:
            call.open_descriptor(target, "/dev/null", target == STDIN_FILENO ? O_RDONLY : O_WRONLY);
            break;
        case child_stream::piped:
            return pass_pipe(call, target, made);
        case child_stream::as_output:
            check(target == STDERR_FILENO, "child_process::start: as_output is for errors only");
            call.set_descriptor(target, STDOUT_FILENO);
            break;
        case child_stream::given:
            return pass(call, target, what.file().process_number(), made);
    }
    return {};
}

result<void> outcome_of(long status) noexcept {
    if (status < 0) return kernel_error(errno);
    return {};
}

}  // namespace

/// One process, until it has been waited for. The leader of a group is waited for when the object
/// goes: until then the group's number is nobody else's.
struct child_process::state {
    std::error_code take_handle() noexcept {
        handle = descriptor::adopt(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
        if (handle) return {};
        const int error = errno;
        // It runs, but its end could not be waited for. No process of that number: the kernel has
        // waited for it, because SIGCHLD is ignored.
        if (error != ESRCH && ::kill(id, SIGKILL) == 0) ::waitpid(id, nullptr, 0);
        return kernel_error(error);
    }

    /// Returns: how it ended, if it has.
    result<std::optional<process_end>> ask(int options) const noexcept {
        siginfo_t told{};
        const auto number = static_cast<id_t>(handle.number());
        while (::waitid(by_handle, number, &told, WEXITED | options) < 0) {
            if (errno != EINTR) return kernel_error(errno);
        }
        if (told.si_pid == 0) return std::optional<process_end>();
        return std::optional<process_end>(process_end::from(told));
    }

    result<std::optional<process_end>> look() noexcept {
        if (ended) return ended;
        auto answer = ask(WNOHANG | (own_group ? WNOWAIT : 0));
        if (answer) ended = *answer;
        return answer;
    }

    result<void> signal_one(int number) const noexcept {
        return outcome_of(::syscall(SYS_pidfd_send_signal, handle.number(), number, nullptr, 0U));
    }

    /// Its number, and its group's, is given to no other process yet.
    bool has_number() const noexcept { return ask(WNOHANG | WNOWAIT).has_value(); }

    result<void> signal(int number) const noexcept {
        if (own_group && has_number()) {
            const auto sent = outcome_of(::kill(-id, number));
            // No such process: it has left its group.
            if (sent.error() != std::errc::no_such_process) return sent;
        }
        if (ended) return std::make_error_code(std::errc::no_such_process);
        return signal_one(number);
    }

    /// Blocks until the kernel has ended it.
    void end_now() noexcept {
        // In a forked process it is somebody else's child.
        if (!handle || made_after != forks || (ended && !own_group)) return;
        if (own_group && has_number()) ::kill(-id, SIGKILL);
        const auto killed = signal_one(SIGKILL);
        const bool runs_on = !ended && killed.error() == std::errc::operation_not_permitted;
        const auto answer = ask(runs_on ? WNOHANG : 0);
        if (!ended && answer) ended = *answer;
    }

    const unsigned made_after = count_forks();
    pid_t id = 0;
    descriptor handle;
    bool own_group = false;
    std::optional<process_end> ended;
};

child_process::child_process() : state_(std::make_shared<state>()) {}

child_process& child_process::operator=(child_process&& other) noexcept {
    child_process moved(std::move(other));
    state_.swap(moved.state_);
    std::swap(input_, moved.input_);
    std::swap(output_, moved.output_);
    std::swap(errors_, moved.errors_);
    return *this;
}

child_process::~child_process() {
    if (state_) state_->end_now();
}

result<child_process> child_process::start(const command& what, const child_options& options) {
    try {
        return start_with(what, options);
    } catch (const std::bad_alloc&) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
}

result<child_process> child_process::start_with(const command& what, const child_options& options) {
    spawn_call call(what.words(), options.environment);
    child_process child;
    wire wires[standard_descriptors];
    const child_stream streams[] = {options.input, options.output, options.errors};
    for (int target = 0; target < standard_descriptors; ++target) {
        if (const auto failure = connect(call, target, streams[target], wires[target]))
            return failure;
    }
    if (wires[0].ours) child.input_ = pipe_writer(std::move(wires[0].ours));
    if (wires[1].ours) child.output_ = pipe_reader(std::move(wires[1].ours));
    if (wires[2].ours) child.errors_ = pipe_reader(std::move(wires[2].ours));
    if (options.directory) call.set_directory(options.directory->text());
    if (options.own_group) call.set_own_group();

    // Keeps a number for the handle: no program is to run just to be killed for want of one.
    auto reserved = descriptor::adopt(::eventfd(0, EFD_CLOEXEC));
    if (!reserved) return kernel_error(errno);
    const auto made = call.run();
    if (!made) return made.error();
    reserved = {};
    child.state_->id = *made;
    child.state_->own_group = options.own_group;
    if (const auto failure = child.state_->take_handle()) return failure;
    return child;
}

pid_t child_process::id() const noexcept { return state_ ? state_->id : 0; }

result<void> child_process::send_signal(int number) noexcept {
    check(state_ != nullptr, "child_process: used after it was moved from");
    return state_->signal(number);
}

result<void> child_process::kill() noexcept { return send_signal(SIGKILL); }

// A poll of the handle, not `waitid` of the ring: a wait that is destroyed would have taken the end
// of the child along.
task<result<process_end>> child_process::wait_for(shared_state child) {
    check(child != nullptr, "child_process: used after it was moved from");
    for (;;) {
        const auto end = child->look();
        if (!end) co_return end.error();
        if (*end) co_return **end;
        const auto ended = co_await poll{.file = child->handle, .events = POLLIN};
        if (!ended) co_return ended.error();
    }
}

task<result<process_end>> child_process::end_in_order(shared_state child, duration patience) {
    check(child != nullptr, "child_process: used after it was moved from");
    // One that has ended, or may not be asked, is waited for all the same.
    (void)child->signal(SIGTERM);
    const auto end = co_await within(patience, wait_for(child));
    if (end.error() != error::timed_out) co_return end;
    (void)child->signal(SIGKILL);
    co_return co_await wait_for(child);
}

}  // namespace lariat
