#pragma once

#include <concepts>
#include <coroutine>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "runtime/cancellation.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/task.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

class generator_wait;

/// What every generator's promise is, whatever it yields: a task on a strand of its own, that runs
/// while somebody waits for the next value.
class generator_promise_base : public task_promise_base, private runnable, private listener {
  public:
    /// A value is there: the generator rests until the next one is asked for.
    struct yield_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
            return self.promise().answer();
        }
        void await_resume() const noexcept {}
    };

    void return_void() const noexcept {}

    /// It has yielded or returned. Returns: the coroutine to go on with.
    std::coroutine_handle<> answer() noexcept;

    /// Returns: whether `whom` has something to wait for.
    bool ask(generator_wait& whom) noexcept;

    /// Runs it until it has an answer, unless it runs already: now, or at its next turn.
    std::coroutine_handle<> go_on() noexcept;
    void go_on_later() noexcept;

    /// Cancels what it waits for, on behalf of who asked.
    void hurry(const generator_wait& whom, std::error_code reason) noexcept {
        if (asking_ == &whom) line_.cancel(reason);
    }

    /// Who asked is about to be destroyed.
    void forget(const generator_wait& whom) noexcept;

    strand& line() noexcept { return line_; }

    /// Requires: nobody waits for a value.
    void destroy_body() noexcept;

  protected:
    explicit generator_promise_base(std::coroutine_handle<> body) noexcept : body_(body) {}
    ~generator_promise_base() = default;

    void value_taken() noexcept { kept_ = false; }

    /// Returns: why there is no value; after the first time, that it has ended.
    std::error_code why_none() noexcept {
        return std::exchange(end_, make_error_code(error::end_of_stream));
    }

  private:
    void run() noexcept override;
    std::coroutine_handle<> notify() noexcept override { return answer(); }

    bool begin_run() noexcept;

    std::coroutine_handle<> body_;
    strand line_;
    generator_wait* asking_ = nullptr;
    std::error_code end_ = make_error_code(error::end_of_stream);
    bool running_ = false;
    bool kept_ = false;  // A value came, and was not taken: who asked may be gone by now.
};

/// The wait for the next value.
class generator_wait : public waiter {
  public:
    bool await_ready() const noexcept { return false; }

    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> consumer) noexcept {
        attach(consumer);
        if (begin()) return generator_.go_on();
        if (queue_if_budget_spent(*this)) return std::noop_coroutine();
        return consumer;
    }

    /// As a member of a composite.
    bool launch() noexcept {
        if (!begin()) return false;
        generator_.go_on_later();
        return true;
    }

    /// Returns: the coroutine that has waited.
    std::coroutine_handle<> end() noexcept { return resumption(); }

  protected:
    explicit generator_wait(generator_promise_base& generator) noexcept : generator_(generator) {}
    generator_wait(const generator_wait&) = delete;
    generator_wait& operator=(const generator_wait&) = delete;
    ~generator_wait() {
        generator_.forget(*this);
        leave_queue();
        leave_leaf();
    }

  private:
    bool begin() noexcept;
    void cancel(std::error_code reason) noexcept override { generator_.hurry(*this, reason); }
    void describe(wait_report& report) const override;
    void show_lines(line_visitor& visitor) override { visitor.visit(generator_.line()); }

    generator_promise_base& generator_;
};

/// A coroutine that yields values one by one, each when it is asked for; it may await anything in
/// between.
///
///     io::generator<line> lines(io::descriptor_ref from) { ... co_yield one; ... }
///     auto all = lines(from);
///     while (auto one = co_await all.next()) use(*one);
///
/// Cancel: reaches what the generator waits for while somebody waits for its next value; the
/// generator goes on with the error and ends, or yields, when it likes. Once that wait is over the
/// reason is forgotten, and it can go on.
/// Lifetime: may be destroyed while it rests or waits: what it waits for is cancelled and waited
/// for. Parameters live in the frame, what they refer to must outlive it.
/// Threads: that of its home.
template <class T>
class [[nodiscard]] generator {
  public:
    /// What a wait yields: `result<T>`, or T itself if it carries an error.
    using value = std::conditional_t<carries_error<T>, T, result<T>>;

    class promise_type;
    class next_awaiter;
    struct next_description {
        promise_type& promise;
        next_awaiter operator co_await() const noexcept { return next_awaiter(promise); }
    };

    generator(generator&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    generator& operator=(generator&& other) noexcept {
        generator(std::move(other)).swap(*this);
        return *this;
    }
    ~generator() {
        if (body_) body_.promise().destroy_body();
    }

    void swap(generator& other) noexcept { std::swap(body_, other.body_); }

    /// Waits for the next value: `result<T>`, or T itself if it carries an error. Rethrows what
    /// the generator has thrown, once.
    /// Errors: end_of_stream once it has returned; canceled, stopped, timed_out (through `within`)
    /// when it has returned because of that.
    /// Lifetime: the generator outlives the wait. A wait that is destroyed cancels what the
    /// generator waits for; a value that is yielded after all is the next wait's.
    [[nodiscard]] next_description next() noexcept {
        check(static_cast<bool>(body_), "generator: moved from, and asked for a value");
        return {body_.promise()};
    }

  private:
    explicit generator(std::coroutine_handle<promise_type> body) noexcept : body_(body) {}

    std::coroutine_handle<promise_type> body_;
};

template <class T>
class generator<T>::promise_type final : public generator_promise_base {
  public:
    promise_type() noexcept
        : generator_promise_base(std::coroutine_handle<promise_type>::from_promise(*this)) {}

    generator get_return_object() noexcept {
        const auto frame = std::coroutine_handle<promise_type>::from_promise(*this);
        check_frame(frame);
        return generator(frame);
    }

    template <class U = T>
        requires std::constructible_from<T, U>
    yield_awaiter yield_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U>) {
        value_.emplace(std::forward<U>(value));
        return {};
    }

    value take() {
        if (value_) [[likely]] {
            value taken = *std::move(value_);
            value_.reset();
            value_taken();
            return taken;
        }
        if (failed()) std::rethrow_exception(take_exception());
        check(finished(), "generator: two waits at once for its next value");
        return why_none();
    }

  private:
    std::optional<T> value_;
};

template <class T>
class generator<T>::next_awaiter final : public generator_wait {
  public:
    explicit next_awaiter(promise_type& promise) noexcept
        : generator_wait(promise), promise_(promise) {}

    value await_resume() { return promise_.take(); }

  private:
    promise_type& promise_;
};

}  // namespace lariat
