#pragma once

#include <coroutine>
#include <cstddef>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/check.hpp"
#include "runtime/error.hpp"

namespace lariat {

/// A value, or the error that explains its absence. An error here is an outcome; reading the value
/// of an error with `*` is a mistake and caught, with `value()` it is thrown.
template <class T>
class [[nodiscard]] result {
  public:
    using value_type = T;

    result(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
        : state_(std::in_place_index<0>, std::move(value)) {}

    /// Requires: `error` is an error; success needs a value.
    result(std::error_code error) noexcept : state_(std::in_place_index<1>, error) {
        check(static_cast<bool>(error), "result: made from an error_code that says success");
    }
    result(lariat::error error) noexcept : result(make_error_code(error)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// Returns: the error; an empty `error_code` when there is a value.
    std::error_code error() const noexcept {
        return has_value() ? std::error_code() : *std::get_if<1>(&state_);
    }

    T& operator*() & noexcept { return *checked(); }
    const T& operator*() const& noexcept { return *const_cast<result*>(this)->checked(); }
    T&& operator*() && noexcept { return std::move(*checked()); }
    T* operator->() noexcept { return checked(); }
    const T* operator->() const noexcept { return const_cast<result*>(this)->checked(); }

    /// Errors: throws `std::system_error` when there is no value.
    T& value() & {
        if (!has_value()) throw std::system_error(error());
        return *std::get_if<0>(&state_);
    }
    const T& value() const& { return const_cast<result*>(this)->value(); }
    T&& value() && { return std::move(value()); }

    template <class U>
    T value_or(U&& otherwise) && {
        return has_value() ? std::move(*std::get_if<0>(&state_))
                           : static_cast<T>(std::forward<U>(otherwise));
    }

  private:
    T* checked() noexcept {
        check(has_value(), "result: the value of an error was read; look at error() first");
        return std::get_if<0>(&state_);
    }

    std::variant<T, std::error_code> state_;
};

/// Success, or the error.
template <>
class [[nodiscard]] result<void> {
  public:
    using value_type = void;

    result() noexcept = default;
    result(std::error_code error) noexcept : category_(&error.category()), value_(error.value()) {}
    result(lariat::error error) noexcept : result(make_error_code(error)) {}

    bool has_value() const noexcept { return value_ == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    std::error_code error() const noexcept {
        return value_ == 0 ? std::error_code() : std::error_code(value_, *category_);
    }

    void operator*() const noexcept {
        check(has_value(), "result: the value of an error was read; look at error() first");
    }

    /// Errors: throws `std::system_error` when this is an error.
    void value() const {
        if (!has_value()) throw std::system_error(error());
    }

  private:
    // Not an error_code: making an empty one calls into the library for its category.
    const std::error_category* category_ = nullptr;
    int value_ = 0;
};

/// How far a transfer of several steps came. An error with a count above 0 is normal: so many
/// bytes had been moved before it.
class [[nodiscard]] transfer {
  public:
    transfer(std::size_t count) noexcept : count_(count) {}
    transfer(std::error_code error, std::size_t count = 0) noexcept
        : count_(count), value_(error.value()), category_(&error.category()) {}

    // Member by member: they were written the moment before, one by one, and a wide copy of them
    // would have to wait for that.
    transfer(const transfer& other) noexcept : count_(other.count_), value_(other.value_) {
        if (value_ != 0) [[unlikely]]
            category_ = other.category_;
    }
    transfer& operator=(const transfer& other) noexcept {
        if (this == &other) return *this;
        count_ = other.count_;
        value_ = other.value_;
        if (value_ != 0) [[unlikely]]
            category_ = other.category_;
        return *this;
    }

    explicit operator bool() const noexcept { return value_ == 0; }
    std::error_code error() const noexcept {
        return value_ == 0 ? std::error_code() : std::error_code(value_, *category_);
    }
    std::size_t count() const noexcept { return count_; }

    /// The same, with another name for its error.
    transfer with_error(std::error_code why) const noexcept { return {why, count_}; }

    /// Requires: no error.
    std::size_t operator*() const noexcept {
        check(value_ == 0, "transfer: the value of an error was read; look at error() first");
        return count_;
    }

  private:
    std::size_t count_;
    int value_ = 0;
    const std::error_category* category_ = nullptr;  // Of a value that is not 0.
};

/// Tells the types that carry an error of their own. One that says more than its error has a
/// `with_error` as `transfer` does.
template <class T>
inline constexpr bool carries_error = false;
template <class T>
inline constexpr bool carries_error<result<T>> = true;
template <>
inline constexpr bool carries_error<transfer> = true;

/// Returns: the outcome with another error; what else it says stays.
template <class Outcome>
    requires carries_error<Outcome>
Outcome with_error(Outcome outcome, std::error_code why) {
    if constexpr (requires { std::move(outcome).with_error(why); })
        return std::move(outcome).with_error(why);
    else
        return why;
}

/// What `co_await or_return(x)` waits with: the value of `x`, or an early return of its error.
template <class Outcome>
class [[nodiscard]] or_return_awaiter {
  public:
    explicit or_return_awaiter(Outcome outcome) noexcept : outcome_(std::move(outcome)) {}

    bool await_ready() const noexcept { return static_cast<bool>(outcome_); }

    /// The promise takes the error as if the coroutine had returned it. Locals are destroyed
    /// before the caller goes on, as they are on return.
    template <class Promise>
        requires requires(Promise& promise, std::error_code why) { promise.return_early(why); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        Promise& promise = coroutine.promise();
        // One of the coroutine's own type may say more than its error.
        if constexpr (requires { promise.return_early(std::move(outcome_)); })
            return promise.return_early(std::move(outcome_));
        else
            return promise.return_early(outcome_.error());
    }

    auto await_resume() noexcept { return *std::move(outcome_); }

  private:
    Outcome outcome_;
};

/// `auto n = co_await or_return(co_await read{...});` goes on with the value, or returns the error
/// to the caller. For coroutines that return `task<result<T>>`; in a `task<transfer>` a transfer
/// that fails is returned with its count.
template <class Outcome>
    requires carries_error<Outcome>
or_return_awaiter<Outcome> or_return(Outcome outcome) noexcept {
    return or_return_awaiter<Outcome>(std::move(outcome));
}

}  // namespace lariat
