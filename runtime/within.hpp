#pragma once

#include <chrono>
#include <system_error>
#include <type_traits>
#include <utility>

#include "runtime/clock.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"
#include "runtime/shield.hpp"

namespace lariat {

/// How long, or until when.
class time_limit {
  public:
    template <class Rep, class Period>
    time_limit(std::chrono::duration<Rep, Period> span) noexcept : span_(to_duration(span)) {}
    time_limit(time_point until) noexcept : until_(until), absolute_(true) {}

    time_point due(time_point now) const noexcept { return absolute_ ? until_ : after(now, span_); }

    /// Limits an operation by its own deadline.
    void apply_to(auto& operation) const noexcept {
        if (absolute_)
            operation.set_deadline(until_);
        else
            operation.set_timeout(span_);
    }

  private:
    duration span_{};
    time_point until_{};
    bool absolute_ = false;
};

/// What has a deadline of its own.
template <class Awaiter>
concept limits_itself = launchable<Awaiter> && requires(Awaiter& awaiter) {
    awaiter.set_timeout(duration());
    awaiter.set_deadline(time_point());
    awaiter.restore_limit(awaiter.save_limit());
};

/// An operation with its deadline set, for this one wait: a named operation keeps its own limit.
template <class Awaitable>
class limited_operation final {
  public:
    limited_operation(time_limit limit, Awaitable&& awaitable)
        : awaiter_(awaiter_of(std::forward<Awaitable>(awaitable))), limit_(limit) {}

    void attach(strand* line, continuation whom) noexcept { awaiter_.attach(line, whom); }
    bool launch() noexcept {
        return limited([this]() noexcept { return awaiter_.launch(); });
    }

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        return limited([&]() noexcept { return awaiter_.await_suspend(coroutine); });
    }
    auto await_resume() noexcept { return awaiter_.await_resume(); }

  private:
    /// The operation takes its limit as it begins.
    template <class Begin>
    bool limited(Begin begin) noexcept {
        const auto own = awaiter_.save_limit();
        limit_.apply_to(awaiter_);
        const bool pending = begin();
        awaiter_.restore_limit(own);
        return pending;
    }

    awaiter_type<Awaitable> awaiter_;
    time_limit limit_;
};

/// What anything else yields under a deadline.
template <class Value>
struct limited_value {
    static_assert(carries_error<Value>,
                  "within: a task must return result<T>, so that it can say that time ran out");
    using type = Value;
};
template <>
struct limited_value<void> {
    using type = result<void>;
};

/// A task, a sleep or a composite under a timer: its strand is cancelled when time runs out.
template <class Awaitable>
class limited_member final : public single_member<Awaitable>,
                             public awaiting<limited_member<Awaitable>> {
    using outcome = typename member<Awaitable>::outcome_type;

  public:
    using value = typename limited_value<outcome>::type;

    limited_member(time_limit limit, Awaitable&& awaitable)
        : single_member<Awaitable>("within", std::forward<Awaitable>(awaitable)), limit_(limit) {}

    bool launch() noexcept {
        home& at = home::current();
        if (!at.timers().arm(*this, limit_.due(at.now())))
            this->only_.line.cancel(std::make_error_code(std::errc::not_enough_memory));
        const bool pending = this->launch_only();
        if (!pending && this->armed()) at.timers().disarm(*this);
        return pending;
    }

    value await_resume() {
        if constexpr (std::is_void_v<outcome>) {
            this->only_.awaiter.await_resume();
            if (expired_) return error::timed_out;
            return {};
        } else {
            return named(this->only_.awaiter.await_resume());
        }
    }

  private:
    void expire() noexcept override {
        if (this->only_.line.reason) return;
        expired_ = true;
        this->cancel_members(make_error_code(error::canceled));
    }

    /// The deadline reached the leaves as `canceled`; here, at its own boundary, it has its name.
    value named(value yielded) {
        if (!expired_ || yielded.error() != make_error_code(error::canceled)) return yielded;
        return with_error(std::move(yielded), make_error_code(error::timed_out));
    }

    time_limit limit_;
    bool expired_ = false;
};

template <class Awaitable>
consteval bool awaits_with_own_deadline() {
    if constexpr (is_task<std::remove_cvref_t<Awaitable>>)
        return false;
    else
        return limits_itself<std::remove_cvref_t<awaiter_type<Awaitable>>>;
}

template <class Awaitable>
using limited = std::conditional_t<awaits_with_own_deadline<Awaitable>(),
                                   limited_operation<Awaitable>, limited_member<Awaitable>>;

template <class Awaitable>
class [[nodiscard]] within_description {
  public:
    within_description(time_limit limit, Awaitable&& awaitable)
        : limit_(limit), awaitable_(std::forward<Awaitable>(awaitable)) {}
    limited<Awaitable> operator co_await() && {
        return limited<Awaitable>(limit_, std::forward<Awaitable>(awaitable_));
    }

  private:
    time_limit limit_;
    Awaitable awaitable_;
};

/// Limits an await in time: `co_await within(2s, receive{...})`; a `time_point` does as well.
/// Yields what `awaitable` yields, which must carry an error: `result` or `transfer`; `task<>`
/// becomes `result<void>`.
/// Errors: timed_out, from this deadline alone: a deadline further out arrives as `canceled`. A
/// value that came anyway is a value. A limit of 0 tries once.
/// Cancel: reaches `awaitable`.
template <class Awaitable>
auto within(time_limit limit, Awaitable&& awaitable) {
    return within_description<kept<Awaitable>>(limit, std::forward<Awaitable>(awaitable));
}

}  // namespace lariat
