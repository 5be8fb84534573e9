#pragma once

#include "runtime/wait_list.hpp"

namespace lariat {

/// A flag that coroutines wait for. Once set it stays set, and waits end at once, until `reset`.
/// Threads: those of one home.
class event {
  public:
    class waiting;
    struct description {
        event& subject;
        waiting operator co_await() const noexcept;
    };

    event() = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    /// Everyone who waits goes on, in the order of arrival.
    void set() noexcept {
        set_ = true;
        waiters_.release_all();
    }

    void reset() noexcept { set_ = false; }
    bool is_set() const noexcept { return set_; }

    /// Waits until the event is set. `result<void>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Lifetime: the event outlives the wait.
    [[nodiscard]] description wait() noexcept { return {*this}; }

  private:
    wait_list waiters_;
    bool set_ = false;
};

class event::waiting final : public wait_list::entry, public awaiting<event::waiting> {
  public:
    explicit waiting(event& subject) noexcept
        : entry(subject.waiters_, "event"), subject_(subject) {}

    bool launch() noexcept { return !subject_.set_ && enter(); }
    result<void> await_resume() const noexcept { return outcome(); }

  private:
    event& subject_;
};

inline event::waiting event::description::operator co_await() const noexcept {
    return waiting(subject);
}

}  // namespace lariat
