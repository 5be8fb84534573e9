#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include "runtime/awaiter.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/home.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// What an awaitable of another library resumes instead of a task: a coroutine that does nothing
/// but see to it that the task goes on at home, in its turn, on its own strand.
class stand_in {
  public:
    class promise_type {
      public:
        promise_type(home& at, runnable& whom) noexcept : home_(at), whom_(whom) {}

        static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
        static void operator delete(void* frame, std::size_t size) noexcept {
            frame_pool::release(frame, size);
        }

        stand_in get_return_object() noexcept {
            return stand_in(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        auto final_suspend() const noexcept { return handing_over(); }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept {}

      private:
        // Only once the frame is suspended: at home it may be destroyed from then on.
        struct handing_over {
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
                home& at = self.promise().home_;
                runnable& whom = self.promise().whom_;
                if (at.on_this_thread())
                    at.make_ready(whom);
                else
                    at.post(whom);
            }
            void await_resume() const noexcept {}
        };

        home& home_;
        runnable& whom_;
    };

    stand_in() = default;
    stand_in(stand_in&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    stand_in& operator=(stand_in&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~stand_in() {
        if (frame_) frame_.destroy();
    }

    /// May be resumed once, on any thread.
    std::coroutine_handle<> handle() const noexcept { return frame_; }

  private:
    explicit stand_in(std::coroutine_handle<> frame) noexcept : frame_(frame) {}

    std::coroutine_handle<> frame_;
};

/// A task's wait for something that no cancel reaches: it ends when the other library says so.
class foreign_wait : public waiter {
  protected:
    foreign_wait() = default;
    ~foreign_wait() { stay(); }

    /// Errors: throws `std::bad_alloc`.
    /// Returns: what is to be resumed.
    std::coroutine_handle<> leave();

    /// Not suspended after all, or about to be destroyed.
    void stay() noexcept;

  private:
    void cancel(std::error_code) noexcept override {}
    void arrive() noexcept override { home_->make_ready(*this); }
    void describe(wait_report& report) const override;

    home* home_ = nullptr;
    stand_in in_place_;
};

/// Lets a task await what another library made for its own coroutines.
///
/// Cancel: is not passed on; the task learns of it at its next wait.
/// Lifetime: a task destroyed meanwhile destroys the awaiter, which must then not resume any more.
/// Threads: it may be resumed on any; the task goes on at home.
template <class Awaitable>
class [[nodiscard]] foreign_awaiter final : public foreign_wait {
  public:
    explicit foreign_awaiter(Awaitable&& awaitable)
        : awaiter_(awaiter_of(std::forward<Awaitable>(awaitable))) {}

    bool await_ready() { return static_cast<bool>(awaiter_.await_ready()); }

    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> task) {
        attach(task);
        using answer = decltype(awaiter_.await_suspend(std::coroutine_handle<>()));
        const std::coroutine_handle<> in_place = leave();
        if constexpr (std::is_same_v<answer, bool>) {
            const bool suspended = awaiter_.await_suspend(in_place);
            if (!suspended) stay();
            return suspended;
        } else {
            return awaiter_.await_suspend(in_place);
        }
    }

    decltype(auto) await_resume() { return awaiter_.await_resume(); }

  private:
    awaiter_type<Awaitable> awaiter_;
};

}  // namespace lariat
