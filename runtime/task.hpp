#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "runtime/check.hpp"
#include "runtime/foreign_await.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/home.hpp"
#include "runtime/result.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

template <class T>
class task;
template <class T>
class task_awaiter;

class task_promise_base;

/// What a task's frame holds while it awaits another task: the way down to the child and the way
/// back up. It is queued when the transfer between the two has to go through the ready queue.
class task_link : public runnable {
  public:
    void run() noexcept override;

    task_promise_base* parent_promise() const noexcept { return parent_promise_; }

    /// Returns: where to go once the child has returned.
    std::coroutine_handle<> back() noexcept { return go_on_with(parent_); }

    /// The child's frame alone; what it awaits has been destroyed before.
    void destroy_frame() noexcept {
        if (linked()) unlink();
        std::exchange(child_, nullptr).destroy();
    }

  protected:
    task_link(std::coroutine_handle<> child, task_promise_base& promise) noexcept
        : child_(child), promise_(promise) {}
    task_link(const task_link&) = delete;
    task_link& operator=(const task_link&) = delete;
    ~task_link() {
        if (child_) [[unlikely]]
            destroy_child();
    }

    std::coroutine_handle<> start(std::coroutine_handle<> parent,
                                  task_promise_base& parent_promise) noexcept;

    std::coroutine_handle<> child_;

  private:
    std::coroutine_handle<> go_on_with(std::coroutine_handle<> next) noexcept {
        if (may_transfer()) [[likely]]
            return next;
        next_ = next;
        return transfer_later(*this);
    }

    void destroy_child() noexcept;

    task_promise_base& promise_;
    task_promise_base* parent_promise_ = nullptr;
    std::coroutine_handle<> parent_;
    std::coroutine_handle<> next_;  // While queued.
};

/// What every task's promise is, whatever it returns.
class task_promise_base {
  public:
    struct final_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
            return self.promise().finish();
        }
        void await_resume() const noexcept {}
    };

    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        frame_pool::release(frame, size);
    }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    final_awaiter final_suspend() const noexcept { return {}; }

    /// GCC 12 lays out the frame of some coroutines wrongly, and they then hang. Clang may put a
    /// frame on its caller's stack, at any address.
    static void check_frame([[maybe_unused]] std::coroutine_handle<> frame) noexcept {
#ifndef __clang__
        const auto address = reinterpret_cast<std::uintptr_t>(frame.address());
        check(
            address % alignof(std::max_align_t) == 0,
            "task: the compiler laid out this coroutine's frame wrongly (GCC bug): it awaits in a "
            "condition and declares nothing; declare a variable in its body");
#endif
    }

    void unhandled_exception() noexcept { exception_ = std::current_exception(); }

    strand* current_strand() const noexcept { return strand_; }

    /// Another task is awaited on the same strand.
    template <class T>
    task_awaiter<T> await_transform(
        task<T>&& child, std::source_location where = std::source_location::current()) noexcept {
        where_ = where;
        return task_awaiter<T>(child.release());
    }

    /// Remembers where the task waits, for a dump; passes everything else through.
    template <class Awaitable>
        requires(!foreign_awaitable<Awaitable>)
    Awaitable&& await_transform(
        Awaitable&& awaitable,
        std::source_location where = std::source_location::current()) noexcept {
        where_ = where;
        return std::forward<Awaitable>(awaitable);
    }

    /// What another library made resumes a stand-in, and the task goes on at home.
    template <class Awaitable>
        requires foreign_awaitable<Awaitable>
    foreign_awaiter<Awaitable> await_transform(
        Awaitable&& awaitable, std::source_location where = std::source_location::current()) {
        where_ = where;
        return foreign_awaiter<Awaitable>(std::forward<Awaitable>(awaitable));
    }

    /// Where the task is suspended; line 0 before its first await.
    std::source_location where() const noexcept { return where_; }

    /// The task that awaits this one on the same strand; null at the top of the strand.
    task_promise_base* parent() const noexcept { return link_ ? link_->parent_promise() : nullptr; }

    bool started() const noexcept { return strand_ != nullptr; }
    bool finished() const noexcept { return finished_; }
    bool failed() const noexcept { return exception_ != nullptr; }

    /// Makes this task the first of a strand: whoever starts it is told through `owner`.
    void enter(strand& line, listener& owner) noexcept {
        strand_ = &line;
        owner_ = &owner;
        line.innermost = this;
    }

    /// Makes this task the innermost of its parent's strand.
    void enter(task_promise_base& parent, task_link& link) noexcept {
        strand_ = parent.strand_;
        link_ = &link;
        strand_->innermost = this;
    }

    /// The task has returned. Returns: the coroutine to go on with.
    std::coroutine_handle<> finish() noexcept {
        finished_ = true;
        if (link_) [[likely]] {
            strand_->innermost = link_->parent_promise();
            return link_->back();
        }
        strand_->innermost = nullptr;
        return owner_->notify();
    }

    void rethrow() {
        if (exception_) [[unlikely]]
            std::rethrow_exception(std::move(exception_));
    }

    std::exception_ptr take_exception() noexcept { return std::exchange(exception_, nullptr); }

    /// Destroys a task that owns the line below it: the innermost first, so that a deep line needs
    /// no deep stack, and everything a frame refers to outlives it.
    static void destroy(std::coroutine_handle<> top, task_promise_base& promise) noexcept;

  private:
    strand* strand_ = nullptr;
    task_link* link_ = nullptr;
    listener* owner_ = nullptr;
    std::exception_ptr exception_;
    std::source_location where_;
    bool finished_ = false;
};

inline std::coroutine_handle<> task_link::start(std::coroutine_handle<> parent,
                                                task_promise_base& parent_promise) noexcept {
    parent_ = parent;
    parent_promise_ = &parent_promise;
    promise_.enter(parent_promise, *this);
    return go_on_with(child_);
}

template <class T>
class task_promise : public task_promise_base {
  public:
    task<T> get_return_object() noexcept;

    template <class U = T>
        requires std::constructible_from<T, U>
    void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U>) {
        value_.emplace(std::forward<U>(value));
    }

    /// See `or_return`.
    std::coroutine_handle<> return_early(std::error_code error) noexcept
        requires carries_error<T>
    {
        value_.emplace(error);
        return finish();
    }
    template <std::same_as<T> Outcome>
        requires carries_error<T>
    std::coroutine_handle<> return_early(Outcome&& whole) noexcept {
        value_.emplace(std::forward<Outcome>(whole));
        return finish();
    }

    T take() {
        rethrow();
        return *std::move(value_);
    }

    /// Requires: the task has returned, and nobody has taken its value.
    const T& returned() const noexcept { return *value_; }

  private:
    std::optional<T> value_;
};

template <>
class task_promise<void> : public task_promise_base {
  public:
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() { rethrow(); }
};

/// How one task awaits another: a transfer of the stack there, and one back.
template <class T>
class [[nodiscard]] task_awaiter final : private task_link {
  public:
    explicit task_awaiter(std::coroutine_handle<task_promise<T>> child) noexcept
        : task_link(child, child.promise()) {}

    bool await_ready() const noexcept { return false; }

    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> parent) noexcept {
        return start(parent, parent.promise());
    }

    T await_resume() {
        auto child = std::coroutine_handle<task_promise<T>>::from_address(child_.address());
        // The frame's locals die before the awaiter goes on, whatever is thrown.
        struct destroy_on_exit {
            std::coroutine_handle<>& frame;
            ~destroy_on_exit() { std::exchange(frame, nullptr).destroy(); }
        } guard{child_};
        return child.promise().take();
    }
};

/// A coroutine that starts when it is awaited, has one awaiter, and yields T to it; exceptions
/// pass through. A task that does I/O returns `task<result<T>>`.
///
/// Cancel: reaches what the task waits for; the task goes on with the error and returns when it
/// likes. What it starts after that fails at once with the same reason.
/// Lifetime: a suspended task may be destroyed: what it waits for is cancelled and waited for.
/// Parameters live in the frame, what they refer to must outlive the task.
/// Threads: that of its home.
template <class T = void>
class [[nodiscard]] task {
  public:
    using value_type = T;
    using promise_type = task_promise<T>;

    task() noexcept = default;
    task(task&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            reset();
            body_ = std::exchange(other.body_, nullptr);
        }
        return *this;
    }
    ~task() { reset(); }

    explicit operator bool() const noexcept { return static_cast<bool>(body_); }

    /// Gives the frame away. Used by what runs tasks.
    std::coroutine_handle<promise_type> release() noexcept {
        check(static_cast<bool>(body_), "task: awaited twice, or empty");
        return std::exchange(body_, nullptr);
    }

  private:
    friend promise_type;

    explicit task(std::coroutine_handle<promise_type> body) noexcept : body_(body) {}

    // A task object holds its frame only until it is awaited: the frame has not started.
    void reset() noexcept {
        if (body_) std::exchange(body_, nullptr).destroy();
    }

    std::coroutine_handle<promise_type> body_;
};

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
    const auto frame = std::coroutine_handle<task_promise>::from_promise(*this);
    check_frame(frame);
    return task<T>(frame);
}

inline task<void> task_promise<void>::get_return_object() noexcept {
    const auto frame = std::coroutine_handle<task_promise>::from_promise(*this);
    check_frame(frame);
    return task<void>(frame);
}

}  // namespace lariat
