#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "runtime/cancellation.hpp"
#include "runtime/clock.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/home.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class task_scope;

/// A task that a scope runs, as the first of its own strand. Its memory is recycled like a frame's.
class scope_child final : public list_hook<scope_child>, private runnable, private listener {
  public:
    /// The error that a task of some type has returned.
    using error_reader = std::error_code (*)(const task_promise_base& promise) noexcept;

    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        frame_pool::release(memory, size);
    }

    template <class T>
    scope_child(task_scope& scope, std::coroutine_handle<task_promise<T>> body) noexcept
        : scope_(scope), body_(body), promise_(body.promise()), read_error_(&error_of<T>) {}
    ~scope_child();

    void start() noexcept {
        promise_.enter(line, *this);
        home::current().make_ready(*this);
    }

    strand line;

  private:
    template <class T>
    static std::error_code error_of(const task_promise_base& promise) noexcept {
        if constexpr (carries_error<T>)
            return static_cast<const task_promise<T>&>(promise).returned().error();
        else
            return {};
    }

    void run() noexcept override;
    std::coroutine_handle<> notify() noexcept override;

    task_scope& scope_;
    std::coroutine_handle<> body_;
    task_promise_base& promise_;
    error_reader read_error_;
};

/// What a scope does about a child that returns an error.
enum class scope_policy : bool {
    keep_going,  ///< The error is the child's affair.
    fail_fast,   ///< The other children are cancelled.
};

struct scope_options {
    scope_policy policy = scope_policy::keep_going;
    /// Children that run at once; the others wait for their turn, in the order of `spawn`.
    std::size_t most_running = SIZE_MAX;
};

/// Runs tasks beside the one that made it, and never ends before them.
///
/// It belongs to the coroutine that makes it: when that is cancelled, so are the children. A child
/// that throws cancels its siblings, and `join` rethrows; the first exception wins. One that nobody
/// joined for is named on stderr.
///
/// Lifetime: a scope destroyed without `join` cancels its children and blocks its thread until the
/// kernel has let go of them. End it with `join` or `drain`.
/// Threads: those of one home.
class task_scope final : private strand_scope {
  public:
    class join_awaiter;
    struct join_description {
        task_scope& scope;
        duration patience;
        join_awaiter operator co_await() const noexcept;
    };

    explicit task_scope(scope_policy policy = scope_policy::keep_going) noexcept
        : task_scope(scope_options{.policy = policy}) {}
    /// Requires: one child may run at least.
    explicit task_scope(scope_options options) noexcept;
    task_scope(const task_scope&) = delete;
    task_scope& operator=(const task_scope&) = delete;
    ~task_scope();

    /// Starts a task at its next turn, or when one of too many has ended. What it returns is
    /// dropped; an error among it ends the siblings of a scope that is `fail_fast`.
    /// Errors: throws `std::bad_alloc`; the task is destroyed then.
    template <class T>
    void spawn(task<T> body);

    /// Starts `f(args...)`, which returns a task. The scope keeps `f` and copies of the arguments
    /// for as long as the task runs, unless they go into its frame anyway.
    template <class F, class... Args>
        requires std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>
    void spawn(F&& f, Args&&... args);

    /// Asks all children to end. Children that start later, start as cancelled ones.
    void cancel(std::error_code reason = make_error_code(error::canceled)) noexcept override;

    /// Waits for all children; `void`. Rethrows the first exception of a child.
    /// Cancel: has reached the children by itself; the wait is still for all of them.
    [[nodiscard]] join_description join() noexcept { return {*this, forever}; }

    /// Waits so long for the children, then cancels them, then joins.
    template <class Rep, class Period>
    [[nodiscard]] join_description drain(std::chrono::duration<Rep, Period> patience) noexcept {
        return {*this, to_duration(patience)};
    }

    /// How many children have not ended.
    std::size_t size() const noexcept { return size_; }

  private:
    friend class scope_child;

    void show_lines(line_visitor& visitor) override;
    void adopt(scope_child& child) noexcept;
    void start(scope_child& child) noexcept;
    void start_next() noexcept;
    bool fails_fast() const noexcept { return policy_ == scope_policy::fail_fast; }
    void child_threw(std::exception_ptr thrown) noexcept;
    void child_ended(scope_child& child) noexcept;

    const scope_policy policy_;
    const std::size_t most_running_;
    std::size_t size_ = 0;
    intrusive_list<scope_child, scope_child> children_;
    intrusive_list<scope_child, scope_child> waiting_;  // Those beyond `most_running_`.
    std::error_code reason_;
    std::exception_ptr thrown_;
    join_awaiter* joining_ = nullptr;
};

class task_scope::join_awaiter final : public timed_waiter, public awaiting<join_awaiter> {
  public:
    join_awaiter(task_scope& scope, duration patience) noexcept
        : scope_(scope), patience_(patience) {}
    ~join_awaiter();

    bool launch() noexcept;
    void await_resume();

  private:
    friend class task_scope;

    void expire() noexcept override;
    // The children are cancelled by the strand; this wait is for their end.
    void cancel(std::error_code) noexcept override {}
    void describe(wait_report& report) const override;
    void all_ended() noexcept;

    task_scope& scope_;
    duration patience_;
    home* home_ = nullptr;
};

inline task_scope::join_awaiter task_scope::join_description::operator co_await() const noexcept {
    return join_awaiter(scope, patience);
}

template <class T>
void task_scope::spawn(task<T> body) {
    adopt(*new scope_child(*this, body.release()));
}

/// Whether a call keeps nothing but copies of its arguments in the frame it returns: true for a
/// plain function that takes all of them by value.
template <class F>
inline constexpr bool keeps_copies = false;
template <class Result, class... Parameters>
inline constexpr bool keeps_copies<Result (*)(Parameters...)> =
    !(std::is_reference_v<Parameters> || ...);

/// Keeps a callable and its arguments in a frame for as long as the task that it returns runs.
template <class Task, class F, class... Args>
Task call_and_keep(F f, Args... args) {
    co_return co_await std::invoke(std::move(f), std::move(args)...);
}

template <class F, class... Args>
    requires std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>
void task_scope::spawn(F&& f, Args&&... args) {
    using function = std::decay_t<F>;
    using returned = std::invoke_result_t<function, std::decay_t<Args>...>;
    if constexpr (keeps_copies<function>)
        spawn(f(std::forward<Args>(args)...));
    else
        spawn(call_and_keep<returned, function, std::decay_t<Args>...>(
            std::forward<F>(f), std::forward<Args>(args)...));
}

}  // namespace lariat
