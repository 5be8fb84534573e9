#pragma once

#include <coroutine>

#include "runtime/home.hpp"

namespace lariat {

/// Waits for the turn of whoever yielded.
class yield_awaiter final : public runnable {
  public:
    yield_awaiter() = default;
    ~yield_awaiter() {
        if (linked()) unlink();
    }

    bool await_ready() const noexcept { return false; }

    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        coroutine_ = coroutine;
        // One without a strand may run on that of who resumed it, which can end before its turn.
        if constexpr (has_strand<Promise>) line_ = coroutine.promise().current_strand();
        home::current().make_ready(*this);
    }

    void await_resume() const noexcept {}

  private:
    void run() noexcept override {
        here.line = line_;
        coroutine_.resume();
    }

    std::coroutine_handle<> coroutine_;
    strand* line_ = nullptr;
};

struct yield_description {
    yield_awaiter operator co_await() const noexcept { return {}; }
};

/// `co_await yield();` lets everything else that is ready run first. Never fails, and is not
/// cancelled: it ends at its next turn anyway.
/// Threads: home.
[[nodiscard]] inline yield_description yield() noexcept { return {}; }

}  // namespace lariat
