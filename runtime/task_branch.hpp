#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/home.hpp"
#include "runtime/task.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// How a composite, a scope or a foreign coroutine runs a task: as the first of its own strand.
/// What it returns is taken out at once, and its frame destroyed: nothing of the task outlives its
/// end, however long the others take.
template <class T>
class task_branch final : private runnable, private listener {
  public:
    explicit task_branch(task<T> body) noexcept : body_(body.release()) {}
    task_branch(const task_branch&) = delete;
    task_branch& operator=(const task_branch&) = delete;
    ~task_branch() {
        if (linked()) unlink();
        if (body_) task_promise_base::destroy(body_, body_.promise());
    }

    void attach(strand* line, listener& owner) noexcept {
        owner_ = &owner;
        body_.promise().enter(*line, *this);
    }

    /// The task is queued; it runs on a stack of its own turn.
    bool launch() noexcept {
        home::current().make_ready(*this);
        return true;
    }

    bool failed() const noexcept { return thrown_ != nullptr; }
    std::exception_ptr take_exception() noexcept { return std::exchange(thrown_, nullptr); }

    T await_resume() {
        if (thrown_) std::rethrow_exception(take_exception());
        if constexpr (!std::is_void_v<T>) return *std::move(value_);
    }

  private:
    void run() noexcept override {
        here.line = body_.promise().current_strand();
        body_.resume();
    }

    std::coroutine_handle<> notify() noexcept override {
        try {
            if constexpr (std::is_void_v<T>)
                body_.promise().take();
            else
                value_.emplace(body_.promise().take());
        } catch (...) {
            thrown_ = std::current_exception();
        }
        std::exchange(body_, nullptr).destroy();
        return owner_->notify();
    }

    std::coroutine_handle<task_promise<T>> body_;
    listener* owner_ = nullptr;
    std::exception_ptr thrown_;
    std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value_;
};

/// A task awaited by a coroutine of another kind runs on a strand of its own.
template <class T>
class foreign_task_awaiter final : public waiter, private listener {
  public:
    explicit foreign_task_awaiter(task<T> body) noexcept : branch_(std::move(body)) {}
    ~foreign_task_awaiter() {
        line_.cancel(make_error_code(error::canceled));
        leave_leaf();
    }

    bool await_ready() const noexcept { return false; }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        attach(coroutine);
        branch_.attach(&line_, *this);
        if (refused()) line_.cancel(line()->reason);
        branch_.launch();
        become_leaf(home::current());
    }

    T await_resume() { return branch_.await_resume(); }

    void cancel(std::error_code reason) noexcept override { line_.cancel(reason); }
    void describe(wait_report&) const override {}

  private:
    std::coroutine_handle<> notify() noexcept override { return resumption(); }

    strand line_;
    task_branch<T> branch_;
};

template <class T>
foreign_task_awaiter<T> operator co_await(task<T>&& body) noexcept {
    return foreign_task_awaiter<T>(std::move(body));
}

}  // namespace lariat
