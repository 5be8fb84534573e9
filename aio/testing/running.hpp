#pragma once

#include <coroutine>
#include <system_error>
#include <utility>

#include "aio/testing/manual_home.hpp"
#include "runtime/cancellation.hpp"
#include "runtime/error.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/task.hpp"
#include "runtime/task_branch.hpp"

namespace lariat::testing {

/// A task that was started from outside of any coroutine, on a strand of its own.
class started_task : public list_hook<started_task>, protected listener {
  public:
    bool done() const noexcept { return done_; }

    /// Cancels the task's strand: what it waits for, and what it will wait for.
    void cancel(std::error_code reason = make_error_code(error::canceled)) noexcept {
        line_.cancel(reason);
    }

    strand& line() noexcept { return line_; }

  protected:
    explicit started_task(manual_home& at) noexcept;
    ~started_task() {
        if (linked()) unlink();
    }

  private:
    std::coroutine_handle<> notify() noexcept final {
        done_ = true;
        return std::noop_coroutine();
    }

    strand line_;
    bool done_ = false;
};

/// A task that runs in a manual home, beginning with the home's next turn.
///
///     manual_home at;
///     running reply(at, ask(server));
///     at.advance(5ms);
///     CHECK(reply.done());
///
/// Lifetime: destroying it while the task is suspended destroys the task.
template <class T = void>
class running final : public started_task {
  public:
    running(manual_home& at, task<T> body) noexcept : started_task(at), branch_(std::move(body)) {
        branch_.attach(&line(), *this);
        branch_.launch();
    }

    /// What the task returned; rethrows what it threw.
    /// Requires: done, and not taken yet.
    T take() {
        check(done(), "running: the task has not returned yet");
        return branch_.await_resume();
    }

  private:
    task_branch<T> branch_;
};

}  // namespace lariat::testing
