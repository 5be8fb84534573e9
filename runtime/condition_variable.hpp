#pragma once

#include <utility>

#include "runtime/mutex.hpp"
#include "runtime/task.hpp"
#include "runtime/wait_list.hpp"

namespace lariat {

/// Lets go of a mutex while it waits for news of what the mutex guards.
///
///     auto held = co_await lock.lock();
///     while (queue.empty())
///         if (auto news = co_await changed.wait(lock, *held); !news) co_return news.error();
///
/// Threads: those of one home.
class condition_variable {
  public:
    condition_variable() = default;
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    /// The oldest wait goes on, once it has the mutex.
    void notify_one() noexcept {
        wait_list::section now;
        waiters_.release_one(now);
    }
    void notify_all() noexcept {
        wait_list::section now;
        waiters_.release_all(now);
    }

    /// Lets go, waits for a notification, locks again. `held` is locked afterwards in any case: a
    /// cancel ends the wait, and not the locking.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Requires: `held` is of that mutex. Lifetime: all three outlive the wait.
    task<result<void>> wait(mutex& lock, mutex::hold& held);

    /// The same, until `predicate` holds; it is asked with the mutex locked.
    template <class Predicate>
    task<result<void>> wait(mutex& lock, mutex::hold& held, Predicate predicate) {
        while (!predicate()) {
            const auto news = co_await wait(lock, held);
            if (!news) co_return news.error();
        }
        co_return {};
    }

  private:
    class notification;
    struct next_news;

    wait_list waiters_;
};

}  // namespace lariat
