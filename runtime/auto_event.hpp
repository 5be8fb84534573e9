#pragma once

#include "runtime/wait_list.hpp"

namespace lariat {

/// A flag that one wait takes down again: each `set` lets one go, at once or later. Several before
/// anyone waits are one.
/// Threads: those of one home; of a `concurrent_auto_event`, any.
template <class List>
class basic_auto_event {
    using section = typename List::section;

  public:
    class waiting;
    struct description {
        basic_auto_event& subject;
        waiting operator co_await() const noexcept { return waiting(subject); }
    };

    basic_auto_event() = default;
    basic_auto_event(const basic_auto_event&) = delete;
    basic_auto_event& operator=(const basic_auto_event&) = delete;

    /// The oldest wait goes on; without one, the next.
    void set() noexcept {
        section now(lock_);
        set(now);
    }

    void reset() noexcept {
        const section now(lock_);
        set_ = false;
    }

    bool is_set() const noexcept {
        const section now(lock_);
        return set_;
    }

    /// Waits until it is set, and takes it down. `result<void>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Cancel: it stays set. Lifetime: the event outlives the wait.
    [[nodiscard]] description wait() noexcept { return {*this}; }

  private:
    void set(section& now) noexcept { set_ = !waiters_.release_one(now); }

    [[no_unique_address]] mutable typename List::lock lock_;
    List waiters_{lock_};
    bool set_ = false;
};

template <class List>
class basic_auto_event<List>::waiting final : public List::entry, public awaiting<waiting> {
  public:
    explicit waiting(basic_auto_event& subject) noexcept
        : List::entry(subject.waiters_, "auto_event"), subject_(subject) {}
    ~waiting() { this->leave(); }

    bool launch() noexcept {
        if (!this->admitted()) return false;
        section now(subject_.lock_);
        if (!subject_.set_) return this->enter(now);
        subject_.set_ = false;
        return this->pass();
    }

    result<void> await_resume() noexcept { return this->outcome(); }

  private:
    bool give_back(section& now) noexcept override {
        subject_.set(now);
        return true;
    }

    basic_auto_event& subject_;
};

class auto_event final : public basic_auto_event<wait_list> {};

}  // namespace lariat
