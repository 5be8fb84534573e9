#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/auto_event.hpp"
#include "runtime/error.hpp"
#include "runtime/result.hpp"
#include "runtime/scope.hpp"
#include "runtime/task.hpp"

namespace lariat {

/// What a task returned, and which one it was: the number of its `spawn`, from 0.
template <class T>
struct completed {
    std::size_t index;
    T value;
};

/// Tasks that run beside the one that made it, whose values are taken in the order in which they
/// are done. `when_all` over a range has them in the order of the tasks.
///
///     io::as_completed<page> pages({.most_running = 8});
///     for (auto& url : urls) pages.spawn(fetch, url);
///     while (auto next = co_await pages.next()) use(urls[next->index], next->value);
///
/// Cancel, lifetime, threads: those of `task_scope`.
template <class T>
class as_completed {
  public:
    /// Of a task<void>: `std::monostate`.
    using value_type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
    using item = completed<value_type>;

    /// Errors: throws `std::bad_alloc`.
    explicit as_completed(scope_options options = {}) : scope_(options) {}

    /// Starts a task; see `task_scope::spawn`. Its value is kept until it is taken.
    void spawn(task<T> body) { scope_.spawn(keep_value(spawned_++, std::move(body))); }

    /// Starts `f(args...)`, which returns a task<T>.
    template <class F, class... Args>
        requires std::is_invocable_r_v<task<T>, std::decay_t<F>, std::decay_t<Args>...>
    void spawn(F&& f, Args&&... args) {
        if constexpr (keeps_copies<std::decay_t<F>>)
            spawn(f(std::forward<Args>(args)...));
        else
            spawn(call_and_keep<task<T>, std::decay_t<F>, std::decay_t<Args>...>(
                std::forward<F>(f), std::forward<Args>(args)...));
    }

    /// Waits for the next one that is done: `result<completed<T>>`. Rethrows, once all have ended,
    /// the first exception of a task, which has cancelled the others.
    /// Errors: end_of_stream when the values of all that were spawned have been taken; canceled,
    /// stopped, timed_out (through `within`): then nothing was taken.
    task<result<item>> next() {
        while (done_.empty() && scope_.size() != 0) {
            const auto woken = co_await changed_.wait();
            if (!woken) co_return woken.error();
        }
        // Another one who waits for the next has nothing to wait for any more, either.
        if (scope_.size() == 0) changed_.set();
        if (done_.empty()) {
            co_await scope_.join();
            co_return error::end_of_stream;
        }
        item first = std::move(done_.front());
        done_.pop_front();
        co_return first;
    }

    void cancel() noexcept { scope_.cancel(); }

    /// Tasks that have not ended.
    std::size_t running() const noexcept { return scope_.size(); }

  private:
    task<> keep_value(std::size_t index, task<T> body) {
        // The scope counts the task as ended before who waits goes on.
        struct tell {
            auto_event& changed;
            ~tell() { changed.set(); }
        } at_end{changed_};
        if constexpr (std::is_void_v<T>) {
            co_await std::move(body);
            done_.push_back({index, {}});
        } else {
            auto value = co_await std::move(body);
            done_.push_back({index, std::move(value)});
        }
    }

    std::deque<item> done_;
    auto_event changed_;
    std::size_t spawned_ = 0;
    task_scope scope_;  // Last: its children are destroyed first.
};

}  // namespace lariat
