#pragma once

#include "runtime/wait_list.hpp"

namespace lariat {

/// A flag that coroutines wait for. Once set it stays set, and waits end at once, until `reset`.
/// Threads: those of one home; of a `concurrent_event`, any.
template <class List>
class basic_event {
    using section = typename List::section;

  public:
    class waiting;
    struct description {
        basic_event& subject;
        waiting operator co_await() const noexcept { return waiting(subject); }
    };

    basic_event() = default;
    basic_event(const basic_event&) = delete;
    basic_event& operator=(const basic_event&) = delete;

    /// Everyone who waits goes on, in the order of arrival.
    void set() noexcept {
        section now(lock_);
        set_ = true;
        waiters_.release_all(now);
    }

    void reset() noexcept {
        const section now(lock_);
        set_ = false;
    }

    bool is_set() const noexcept {
        const section now(lock_);
        return set_;
    }

    /// Waits until the event is set. `result<void>`.
    /// Errors: canceled, stopped, timed_out (through `within`).
    /// Lifetime: the event outlives the wait.
    [[nodiscard]] description wait() noexcept { return {*this}; }

  private:
    [[no_unique_address]] mutable typename List::lock lock_;
    List waiters_{lock_};
    bool set_ = false;
};

template <class List>
class basic_event<List>::waiting final : public List::entry, public awaiting<waiting> {
  public:
    explicit waiting(basic_event& subject) noexcept
        : List::entry(subject.waiters_, "event"), subject_(subject) {}
    ~waiting() { this->leave(); }

    bool launch() noexcept {
        section now(subject_.lock_);
        if (subject_.set_) return this->pass();
        return this->admitted() && this->enter(now);
    }

    result<void> await_resume() noexcept { return this->outcome(); }

  private:
    basic_event& subject_;
};

class event final : public basic_event<wait_list> {};

}  // namespace lariat
