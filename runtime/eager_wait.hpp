#pragma once

#include <coroutine>
#include <memory>

#include "runtime/home.hpp"

namespace lariat {

/// The awaiter of what is there nearly always when it is asked for. The attempt comes first; the
/// wait, with all that queues and cancel need of it, is made only when that fails, or when the
/// awaiter is a member of a composite.
///
/// `Attempt` has the members that a `Waiting` is made from, and
///
///     bool succeeds() noexcept;   // what it was given is its own from here on
///     auto value() noexcept;      // of one that has succeeded
///     const void* waits_for() const noexcept;  // tells what it is for from others
///
/// It is made in place, from its members one by one: a copy of all of them reads words that were
/// written the moment before in other pieces, and the processor waits for those to arrive.
template <class Attempt, class Waiting>
class [[nodiscard]] eager_wait final {
  public:
    template <class... Members>
    explicit eager_wait(Members&... members) noexcept : attempt_{members...} {}
    eager_wait(const eager_wait&) = delete;
    eager_wait& operator=(const eager_wait&) = delete;
    ~eager_wait() {
        if (waits_) [[unlikely]]
            wait_.~Waiting();
    }

    const void* waits_for() const noexcept { return attempt_.waits_for(); }

    void attach(strand* line, continuation whom) noexcept { make_wait().attach(line, whom); }
    bool launch() noexcept { return wait_.launch(); }

    bool await_ready() const noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        if constexpr (has_strand<Promise>) {
            const bool cancelled(coroutine.promise().current_strand()->reason);
            if (!cancelled && here.immediate > 0 && attempt_.succeeds()) [[likely]] {
                --here.immediate;
                return false;
            }
        }
        make_wait().attach(coroutine);
        return wait_.launch() || queue_if_budget_spent(wait_);
    }

    auto await_resume() noexcept {
        if (waits_) [[unlikely]]
            return wait_.await_resume();
        return attempt_.value();
    }

  private:
    Waiting& make_wait() noexcept {
        waits_ = true;
        return *std::construct_at(&wait_, attempt_);
    }

    Attempt attempt_;
    bool waits_ = false;
    union {
        Waiting wait_;
    };
};

}  // namespace lariat
