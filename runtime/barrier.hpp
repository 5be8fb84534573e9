#pragma once

#include <cstddef>

#include "runtime/check.hpp"
#include "runtime/wait_list.hpp"

namespace lariat {

/// A number of coroutines that wait for one another, again and again: the last to arrive lets all
/// of them go, and a new round begins.
/// Threads: those of one home.
class barrier {
  public:
    class waiting;
    struct description {
        barrier& subject;
        waiting operator co_await() const noexcept;
    };

    explicit barrier(std::size_t expected) noexcept : expected_(expected) {
        check(expected > 0, "barrier: for nobody");
    }
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;

    /// Arrives, and waits for the others of this round. `result<void>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: it has not arrived; the others wait for another one.
    /// Lifetime: the barrier outlives the wait.
    [[nodiscard]] description arrive_and_wait() noexcept { return {*this}; }

    /// One fewer is waited for, from this round on.
    void drop() noexcept {
        check(expected_ > 1 || arrived_ == 0, "barrier: dropped by more than there are");
        --expected_;
        if (arrived_ > 0 && arrived_ >= expected_) open();
    }

    std::size_t arrived() const noexcept { return arrived_; }

  private:
    void open() noexcept {
        arrived_ = 0;
        wait_list::section now;
        waiters_.release_all(now);
    }

    wait_list waiters_;
    std::size_t expected_;
    std::size_t arrived_ = 0;
};

class barrier::waiting final : public wait_list::entry, public awaiting<barrier::waiting> {
  public:
    explicit waiting(barrier& subject) noexcept
        : entry(subject.waiters_, "barrier"), subject_(subject) {}
    ~waiting() { leave(); }

    bool launch() noexcept {
        if (!admitted()) return false;
        wait_list::section now;
        if (++subject_.arrived_ < subject_.expected_) return enter(now);
        subject_.open();
        return pass();
    }

    result<void> await_resume() noexcept { return outcome(); }

  private:
    void gave_up(wait_list::section&) noexcept override { --subject_.arrived_; }

    barrier& subject_;
};

inline barrier::waiting barrier::description::operator co_await() const noexcept {
    return waiting(subject);
}

}  // namespace lariat
