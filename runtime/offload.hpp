#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/thread_pool.hpp"
#include "runtime/wait_report.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// The wait at home for a call on a thread of a pool.
class offload_wait : public waiter, private thread_pool::job {
  public:
    bool launch() noexcept;

  protected:
    explicit offload_wait(thread_pool& pool) noexcept : pool_(pool) {}
    ~offload_wait() = default;

    /// Before what is called is gone: takes it back, or waits for it.
    void retire() noexcept;

    /// Why it was not called.
    std::error_code failure() const noexcept { return failure_; }

    /// On the pool's thread.
    virtual void call() noexcept = 0;

  private:
    class homecoming final : public runnable {
      public:
        explicit homecoming(offload_wait& owner) noexcept : owner_(owner) {}

      private:
        void run() noexcept override {}
        void arrive() noexcept override { owner_.come_home(); }

        offload_wait& owner_;
    };

    void execute() noexcept override;
    void cancel(std::error_code reason) noexcept override;
    void describe(wait_report& report) const override;
    void come_home() noexcept;

    thread_pool& pool_;
    home* home_ = nullptr;
    homecoming homecoming_{*this};
    std::error_code failure_;
    bool away_ = false;
};

/// What a call yields that may not have been made: an error is its own, or is added.
template <class Value>
using offloaded_value = std::conditional_t<carries_error<Value>, Value, result<Value>>;

template <class F, class... Args>
class offload_awaiter final : public offload_wait, public awaiting<offload_awaiter<F, Args...>> {
    using returned = std::invoke_result_t<F, Args...>;
    using kept = std::conditional_t<std::is_void_v<returned>, std::monostate, returned>;

  public:
    using value = offloaded_value<returned>;

    offload_awaiter(thread_pool& pool, std::tuple<F, Args...> what)
        : offload_wait(pool), what_(std::move(what)) {}
    ~offload_awaiter() { retire(); }

    value await_resume() {
        if (const std::error_code why = failure()) return why;
        if (thrown_) std::rethrow_exception(std::move(thrown_));
        if constexpr (std::is_void_v<returned>)
            return {};
        else
            return *std::move(value_);
    }

  private:
    void call() noexcept override {
        const auto invoke = [](F& f, Args&... args) -> returned {
            return std::invoke(std::move(f), std::move(args)...);
        };
        try {
            if constexpr (std::is_void_v<returned>)
                std::apply(invoke, what_);
            else
                value_.emplace(std::apply(invoke, what_));
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }

    std::tuple<F, Args...> what_;
    std::optional<kept> value_;
    std::exception_ptr thrown_;
};

template <class F, class... Args>
class [[nodiscard]] offload_description {
  public:
    explicit offload_description(thread_pool& pool, std::tuple<F, Args...> what)
        : pool_(pool), what_(std::move(what)) {}
    offload_awaiter<F, Args...> operator co_await() && {
        return offload_awaiter<F, Args...>(pool_, std::move(what_));
    }

  private:
    thread_pool& pool_;
    std::tuple<F, Args...> what_;
};

/// Calls `f(args...)` on a thread of a pool, for what blocks and has no other way; the awaiter goes
/// on at home. Yields `result<T>` of what it returns, or that itself if it carries an error;
/// rethrows what it throws.
/// Errors: canceled, stopped, timed_out (through `within`), and then it was not called; what
/// pthread_create(3) says.
/// Cancel: while it waits for a thread it is forgotten; a call that has begun is waited for, and
/// its value is a value.
/// Lifetime: the awaiter keeps `f` and copies of the arguments.
/// Threads: home; `f` runs on another one.
template <class F, class... Args>
    requires std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>
[[nodiscard]] auto offload(thread_pool& pool, F&& f, Args&&... args) {
    return offload_description<std::decay_t<F>, std::decay_t<Args>...>(
        pool, std::tuple<std::decay_t<F>, std::decay_t<Args>...>(std::forward<F>(f),
                                                                 std::forward<Args>(args)...));
}

/// On the pool that the process has in common.
template <class F, class... Args>
    requires std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>
[[nodiscard]] auto offload(F&& f, Args&&... args) {
    return offload(thread_pool::common(), std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace lariat
