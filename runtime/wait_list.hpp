#pragma once

#include <cstddef>
#include <system_error>

#include "runtime/home.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/listed_wait.hpp"

namespace lariat {

/// Suspended coroutines in the order in which they came: what events, mutexes and channels are
/// made of. It owns nothing and never allocates. `concurrent_wait_list` is its like for several
/// homes; what is made of either names a lock and sections, which here are nothing.
/// Threads: those of one home.
class wait_list {
  public:
    class entry;

    /// Guards a list and what belongs to it.
    struct lock {};

    /// The time in which they may be used.
    class section {
      public:
        section() noexcept {}
        explicit section(lock&) noexcept {}
        ~section() {}
        section(const section&) = delete;
        section& operator=(const section&) = delete;
    };

    /// A number that is used outside of sections.
    using counter = std::size_t;

    wait_list() = default;
    explicit wait_list(lock&) noexcept {}

    bool empty() const noexcept { return entries_.empty(); }

    /// The oldest wait. Requires: there is one.
    entry& front() noexcept;

    /// The oldest wait succeeds.
    /// Returns: whether there was one.
    bool release_one(section& now) noexcept;

    /// All waits succeed, in order; one that begins meanwhile is not among them.
    void release_all(section& now) noexcept;

    /// All waits fail, in order.
    void fail_all(std::error_code why, section& now) noexcept;

  private:
    static list_hook<>& hook_of(entry& wait) noexcept;

    intrusive_list<entry> entries_;
};

/// One wait in a list. It leaves the list when it is released or cancelled, whichever is first.
///
/// A type that is given something, or that others wait behind, calls `leave()` in its destructor.
class wait_list::entry : public listed_wait {
  public:
    entry(wait_list& list, const char* name) noexcept : listed_wait(name), list_(list) {}

    /// Joins the list. Requires: admitted. Returns: true, as a `launch` that suspends.
    bool enter(section&) noexcept {
        home_ = &home::current();
        phase_ = phase::waiting;
        list_.entries_.push_back(hook_of(*this));
        become_leaf(*home_);
        return true;
    }

    /// The wait is over, and succeeds. Called by what is waited for.
    void release(section&) noexcept {
        phase_ = phase::released;
        end();
    }

    /// The wait is over, and fails.
    void fail(std::error_code why, section&) noexcept {
        phase_ = phase::failed;
        error_ = why;
        end();
    }

    /// What is waited for, as a number that tells it from others.
    const void* waits_for() const noexcept { return &list_; }

  protected:
    ~entry() {
        leave_queue();
        leave_leaf();
    }

    /// The wait is destroyed: what it was given and has not been told of, and its place in the
    /// list, are the next one's.
    void leave() noexcept {
        if (phase_ == phase::waiting || phase_ == phase::released) [[unlikely]]
            leave_early();
    }

    /// It has left its list without success: who came after may have been waiting for that.
    virtual void gave_up(section&) noexcept {}

    /// What it was given goes to the next one.
    /// Returns: false when that cannot be; it stays given.
    virtual bool give_back(section&) noexcept { return false; }

  private:
    void cancel(std::error_code reason) noexcept override;
    void retract(std::error_code reason) noexcept override;
    void leave_early() noexcept;
    void end() noexcept;

    wait_list& list_;
};

inline wait_list::entry& wait_list::front() noexcept { return entries_.front(); }

inline list_hook<>& wait_list::hook_of(entry& wait) noexcept { return wait; }

}  // namespace lariat
