#pragma once

#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "runtime/guest.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {

/// What a task yields that ran on another scheduler, which may have turned it away.
template <class Value>
struct value_from_afar {
    static_assert(carries_error<Value>,
                  "on: a task must return result<T>, so that it can say that it did not run");
    using type = Value;
};
template <>
struct value_from_afar<void> {
    using type = result<void>;
};

/// The wait at home for a task elsewhere.
class visit : public waiter, protected guest {
  public:
    bool launch() noexcept;

  protected:
    explicit visit(scheduler& there) noexcept : there_(there) {}
    ~visit() = default;

    /// Before what the task is made of is gone: it is destroyed where it is, which is waited for.
    void retire() noexcept;

    /// Why the task has no outcome.
    std::error_code failure() const noexcept { return failure_ ? failure_ : turned_away(); }

  private:
    class homecoming final : public runnable {
      public:
        explicit homecoming(visit& owner) noexcept : owner_(owner) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override { owner_.come_home(); }

        visit& owner_;
    };

    void cancel(std::error_code reason) noexcept override;
    void describe(wait_report& report) const override;
    void show_lines(line_visitor& visitor) override;
    void gone() noexcept final { home_->post(homecoming_); }
    void come_home() noexcept;

    scheduler& there_;
    home* home_ = nullptr;
    homecoming homecoming_{*this};
    std::error_code failure_;
    bool away_ = false;
};

template <class T>
class on_awaiter final : public visit, public awaiting<on_awaiter<T>> {
  public:
    using value = typename value_from_afar<T>::type;

    on_awaiter(scheduler& there, task<T> body) noexcept : visit(there) {
        branch_.emplace(std::move(body));
    }
    ~on_awaiter() { retire(); }

    value await_resume() {
        if (const std::error_code why = failure()) return why;
        if constexpr (std::is_void_v<T>) {
            branch_->await_resume();
            return {};
        } else {
            return branch_->await_resume();
        }
    }

  private:
    void begin() noexcept override { start(*branch_); }
    void evict() noexcept override { branch_.reset(); }

    std::optional<task_branch<T>> branch_;
};

template <class T>
class [[nodiscard]] on_description {
  public:
    on_description(scheduler& there, task<T> body) noexcept
        : there_(there), body_(std::move(body)) {}
    on_awaiter<T> operator co_await() && noexcept {
        return on_awaiter<T>(there_, std::move(body_));
    }

  private:
    scheduler& there_;
    task<T> body_;
};

/// Runs a task on another scheduler, on a strand of its own there; the awaiter goes on at home.
/// Yields what the task does, `result<void>` for `task<>`; rethrows its exception here.
/// Errors: closed when that scheduler is ending; stopped when it ended before the task did; else
/// the task's own.
/// Cancel: a message, of which the wait ends only after it has arrived; the task decides.
/// Lifetime: that scheduler lives until the task has come there, and runs, or the wait is long. The
/// task's arguments are used on the other thread; the awaiter stands still meanwhile.
/// Threads: any two; both may be the same.
template <class T>
[[nodiscard]] on_description<T> on(scheduler& there, task<T> body) noexcept {
    return {there, std::move(body)};
}

}  // namespace lariat
