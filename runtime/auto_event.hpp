#pragma once

#include "runtime/wait_list.hpp"

namespace lariat {

/// A flag that one wait takes down again: each `set` lets one go, at once or later. Several before
/// anyone waits are one.
/// Threads: those of one home.
class auto_event {
  public:
    class waiting;
    struct description {
        auto_event& subject;
        waiting operator co_await() const noexcept;
    };

    auto_event() = default;
    auto_event(const auto_event&) = delete;
    auto_event& operator=(const auto_event&) = delete;

    /// The oldest wait goes on; without one, the next.
    void set() noexcept { set_ = !waiters_.release_one(); }

    void reset() noexcept { set_ = false; }
    bool is_set() const noexcept { return set_; }

    /// Waits until it is set, and takes it down. `result<void>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: it stays set. Lifetime: the event outlives the wait.
    [[nodiscard]] description wait() noexcept { return {*this}; }

  private:
    wait_list waiters_;
    bool set_ = false;
};

class auto_event::waiting final : public wait_list::entry, public awaiting<auto_event::waiting> {
  public:
    explicit waiting(auto_event& subject) noexcept
        : entry(subject.waiters_, "auto_event"), subject_(subject) {}
    ~waiting() {
        // Destroyed before its turn came: it was for the next one.
        if (released() && !told_) subject_.set();
    }

    bool launch() noexcept {
        if (!subject_.set_) return enter();
        if (!admitted()) return false;
        subject_.set_ = false;
        return pass();
    }

    result<void> await_resume() noexcept {
        told_ = true;
        return outcome();
    }

  private:
    auto_event& subject_;
    bool told_ = false;
};

inline auto_event::waiting auto_event::description::operator co_await() const noexcept {
    return waiting(subject);
}

}  // namespace lariat
