#pragma once

#include <atomic>
#include <cstddef>
#include <new>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include "aio/awaitable.hpp"
#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/result.hpp"

namespace lariat {

/// What the two sides of a completion share, whatever its value. It lives until both have let go,
/// so a callback that comes too late finds it, and is told.
class completion_state {
  public:
    void keep() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
    /// Returns: whether that was the last owner.
    bool let_go() noexcept { return owners_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

    /// Returns: whether the caller is the one that finishes.
    bool claim() noexcept { return !claimed_.exchange(true, std::memory_order_acq_rel); }

    /// The claim's owner has stored the value, if there is one: whoever waits is finished.
    void publish(std::error_code error) noexcept;

    /// The provider's side of the wait.
    void start(aio& operation) noexcept;

  protected:
    ~completion_state() = default;

  private:
    enum class phase : unsigned char {
        open,      ///< Neither finished nor waited for.
        waiting,   ///< A waiter is to be finished.
        finished,  ///< The outcome is there.
    };

    static void give_up(aio& operation, void* self, std::error_code reason) noexcept;

    std::atomic<std::size_t> owners_{1};
    std::atomic<phase> phase_{phase::open};
    std::atomic<bool> claimed_{false};
    std::error_code error_;
    aio* waiter_ = nullptr;
};

template <class T>
class completion_state_of final : public completion_state {
  public:
    using value_type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        frame_pool::release(memory, size);
    }

    std::optional<value_type> value;
};

/// The finishing side of a `completion_source`: what a callback keeps. Copies finish the same
/// completion; the first to do so wins.
/// Threads: any.
template <class T>
class completion_handle {
    using state = completion_state_of<T>;

  public:
    completion_handle(const completion_handle& other) noexcept : state_(other.state_) {
        if (state_) state_->keep();
    }
    completion_handle(completion_handle&& other) noexcept
        : state_(std::exchange(other.state_, nullptr)) {}
    completion_handle& operator=(completion_handle other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~completion_handle() {
        if (state_ && state_->let_go()) delete state_;
    }

    /// The wait yields a T made from `value`.
    /// Returns: false when it was finished already; the value is dropped.
    template <class... Value>
    bool finish(Value&&... value) noexcept {
        if (!state_->claim()) return false;
        state_->value.emplace(std::forward<Value>(value)...);
        state_->publish({});
        return true;
    }

    /// The wait yields the error.
    /// Returns: false when it was finished already.
    bool fail(std::error_code why) noexcept {
        check(static_cast<bool>(why), "completion_handle: failed with an error_code of success");
        if (!state_->claim()) return false;
        state_->publish(why);
        return true;
    }

    /// For libraries that hand a pointer through: owns what the handle owned, until `adopt`.
    [[nodiscard]] void* release() noexcept { return std::exchange(state_, nullptr); }

    /// Requires: from `release`, adopted once.
    static completion_handle adopt(void* released) noexcept {
        return completion_handle(static_cast<state*>(released));
    }

  private:
    template <class>
    friend class completion_source;

    explicit completion_handle(state* kept) noexcept : state_(kept) {}

    state* state_;
};

/// A one-shot provider without a class: awaited on one side, finished on the other, from any
/// callback on any thread, before or after the wait begins.
///
///     completion_source<int> answer;
///     legacy_query(&on_answer, answer.handle().release());
///     auto got = co_await answer;              // result<int>
///
/// Errors: what `fail` was given; canceled, timed_out, stopped.
/// Cancel: accepted at once. What is finished later waits for the next await; when the source is
/// gone it is dropped, and harms nothing.
/// Threads: those of one home; the handle may be used on any.
template <class T>
class completion_source final : public aio_awaitable<T> {
  public:
    completion_source() : state_(new completion_state_of<T>) {}
    ~completion_source() {
        this->retire();
        if (state_->let_go()) delete state_;
    }

    completion_handle<T> handle() noexcept {
        state_->keep();
        return completion_handle<T>(state_);
    }

  private:
    void start() noexcept override { state_->start(*this); }

    T value() noexcept override {
        check(state_->value.has_value(), "completion_source: its value was taken already");
        if constexpr (!std::is_void_v<T>) {
            T taken = std::move(*state_->value);
            state_->value.reset();
            return taken;
        }
    }

    completion_state_of<T>* state_;
};

}  // namespace lariat
