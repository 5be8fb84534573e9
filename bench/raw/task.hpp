#pragma once

#include <coroutine>
#include <exception>
#include <utility>

#include "bench/raw/frame_pool.hpp"

namespace bench::raw {

/// The least that a lazy coroutine with one awaiter can be: pooled frame, symmetric transfer both
/// ways, nothing else. No cancel, no exceptions, no checks.
class [[nodiscard]] task {
  public:
    struct promise_type : pooled {
        std::coroutine_handle<> awaiter = std::noop_coroutine();
        long value = 0;

        task get_return_object() noexcept { return task(handle::from_promise(*this)); }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        auto final_suspend() const noexcept {
            struct back {
                bool await_ready() const noexcept { return false; }
                std::coroutine_handle<> await_suspend(handle done) const noexcept {
                    return done.promise().awaiter;
                }
                void await_resume() const noexcept {}
            };
            return back{};
        }
        void return_value(long returned) noexcept { value = returned; }
        void unhandled_exception() noexcept { std::terminate(); }
    };
    using handle = std::coroutine_handle<promise_type>;

    task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task& operator=(task&&) = delete;
    ~task() {
        if (coroutine_) coroutine_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        coroutine_.promise().awaiter = awaiter;
        return coroutine_;
    }
    long await_resume() const noexcept { return coroutine_.promise().value; }

    /// Runs it on this thread until it first suspends, or to its end.
    void resume() { coroutine_.resume(); }
    bool done() const noexcept { return coroutine_.done(); }
    long value() const noexcept { return coroutine_.promise().value; }

  private:
    explicit task(handle coroutine) noexcept : coroutine_(coroutine) {}

    handle coroutine_;
};

}  // namespace bench::raw
