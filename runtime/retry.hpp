#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "runtime/awaiter.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "runtime/sleep.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// How often something is tried again, and after how long.
struct retry_options {
    /// Calls in all, the first included.
    int attempts = 5;
    /// The pause after the first of them; each later one is `growth` times as long.
    duration first = std::chrono::milliseconds(100);
    double growth = 2;
    duration longest = std::chrono::seconds(30);
    /// The part of each pause that is left to chance, 0 to 1: many that failed together do not
    /// come back together.
    double jitter = 0.5;
    /// Whether an error may go away; null: any may.
    bool (*worthwhile)(std::error_code) = nullptr;
};

/// The pauses between attempts.
class backoff {
  public:
    explicit backoff(const retry_options& how) noexcept
        : how_(how), next_(static_cast<double>(how.first.count())) {}

    /// Returns: how long to wait now, between 1 - jitter and 1 of the full pause.
    duration next() noexcept;

  private:
    retry_options how_;
    double next_;
};

/// Calls `f(args...)`, which returns a `task<result<T>>` or what else yields an error, until it
/// succeeds: with pauses that grow. Yields what the last call did; exceptions pass through.
/// Errors: those of the last call; canceled, stopped, when that ended a pause.
/// Lifetime: `f` and copies of the arguments live until the end; each call gets references to them.
template <class F, class... Args>
    requires std::invocable<F&, Args&...>
auto retry(retry_options how, F f, Args... args)
    -> task<await_result<std::invoke_result_t<F&, Args&...>>> {
    static_assert(carries_error<await_result<std::invoke_result_t<F&, Args&...>>>,
                  "retry: what is called must return result<T>, to say that it failed");
    backoff pauses(how);
    for (int attempt = 1;; ++attempt) {
        auto outcome = co_await std::invoke(f, args...);
        const std::error_code why = outcome.error();
        const bool last = attempt >= how.attempts || (how.worthwhile && !how.worthwhile(why));
        if (!why || last) co_return std::move(outcome);
        const auto paused = co_await sleep_for(pauses.next());
        if (!paused) co_return with_error(std::move(outcome), paused.error());
    }
}

}  // namespace lariat
