#pragma once

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

#include "aio/aio.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// What a provider of one's own derives from: an operation that starts when a coroutine awaits it
/// and delivers a T.
///
/// The provider overrides `start`, which calls `defer` and hands the operation to whoever will
/// `finish` it, and `value`, which says what a success delivers. Awaited as `co_await provider(..)`
/// or, when it is named, as `co_await operation`, again and again.
///
/// Lifetime: the object stays alive, and whole, until the operation has finished: destroying the
/// awaiting coroutine cancels it and waits for its provider first.
/// Threads: `start` and `value` are called at home.
///
/// `Base` adds what not every operation pays for: `shared_aio`, `grouped_aio`.
template <class T, class Base = aio>
class aio_awaitable : public Base {
  public:
    class [[nodiscard]] awaiter;

    /// Requires: no operation is in progress.
    awaiter operator co_await() noexcept { return awaiter(*this); }

  protected:
    template <class... Args>
    explicit aio_awaitable(Args&&... base) noexcept : Base(std::forward<Args>(base)...) {}
    ~aio_awaitable() = default;

    /// The operation was begun. Finish it, or defer it and finish it later.
    virtual void start() noexcept = 0;

    /// Called once for each operation that succeeded.
    virtual T value() noexcept = 0;
};

/// Keeps the operation inside the life of its provider: it ends what is pending before the
/// provider's own members are gone.
template <class T, class Base>
class aio_awaitable<T, Base>::awaiter final {
  public:
    explicit awaiter(aio_awaitable& operation) noexcept : operation_(operation) {}
    awaiter(const awaiter&) = delete;
    awaiter& operator=(const awaiter&) = delete;
    ~awaiter() { operation_.retire(); }

    void attach(strand* line, continuation whom) noexcept { operation_.attach(line, whom); }

    bool launch() noexcept {
        if constexpr (requires { operation_.admitted(); }) {
            if (!operation_.admitted()) return operation_.refuse(operation_.refusal());
        }
        if (operation_.begin_on_strand()) [[likely]]
            operation_.start();
        return operation_.end_launch();
    }

    bool await_ready() const noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        operation_.attach(coroutine);
        return launch() || queue_if_budget_spent(operation_);
    }

    result<T> await_resume() noexcept {
        if (const std::error_code why = operation_.error()) return why;
        if constexpr (std::is_void_v<T>) {
            operation_.value();
            return {};
        } else {
            return operation_.value();
        }
    }

    aio& subject() noexcept { return operation_; }
    aio::saved_limit save_limit() const noexcept { return operation_.save_limit(); }
    void restore_limit(aio::saved_limit saved) noexcept { operation_.restore_limit(saved); }
    void set_timeout(duration span) noexcept { operation_.set_timeout(span); }
    void set_deadline(time_point when) noexcept { operation_.set_deadline(when); }

  private:
    aio_awaitable& operation_;
};

}  // namespace lariat
