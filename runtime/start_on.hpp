#pragma once

#include <exception>
#include <future>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "runtime/guest.hpp"
#include "runtime/scheduler.hpp"

namespace lariat {

/// A task whose outcome is a future's. It destroys itself when it has gone.
template <class T>
class started final : private guest {
  public:
    explicit started(task<T> body) { branch_.emplace(std::move(body)); }

    std::future<T> send(scheduler& there) {
        std::future<T> outcome = outcome_.get_future();
        send_to(there);
        // Who asks may be about to block until it has happened: the wake goes out now.
        if (here.kernel) here.kernel->poll();
        return outcome;
    }

  private:
    void begin() noexcept override { start(*branch_); }
    void evict() noexcept override { branch_.reset(); }

    void gone() noexcept override {
        try {
            if (const std::error_code why = turned_away()) throw std::system_error(why);
            if constexpr (std::is_void_v<T>) {
                branch_->await_resume();
                outcome_.set_value();
            } else {
                outcome_.set_value(branch_->await_resume());
            }
        } catch (...) {
            outcome_.set_exception(std::current_exception());
        }
        delete this;
    }

    std::optional<task_branch<T>> branch_;
    std::promise<T> outcome_;
};

/// Starts a task on a scheduler from a thread that has none, or does not want to wait.
/// Returns: the task's value, or what it threw; `std::system_error` with closed or stopped when
/// the scheduler ended first.
/// Errors: throws `std::bad_alloc`.
/// Lifetime: the scheduler lives until the task has come there. Nobody cancels the task but the
/// scheduler's `stop`.
/// Threads: any, but not the scheduler's if it waits for the future.
template <class T>
[[nodiscard]] std::future<T> start_on(scheduler& there, task<T> body) {
    // It is its own until it has gone.
    return (new started<T>(std::move(body)))->send(there);
}

}  // namespace lariat
