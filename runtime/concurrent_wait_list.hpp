#pragma once

#include <atomic>
#include <cstddef>
#include <system_error>

#include "runtime/adaptive_lock.hpp"
#include "runtime/home.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/listed_wait.hpp"

namespace lariat {

/// Suspended coroutines of any homes, in the order in which they came: `wait_list` for what several
/// threads share. It owns nothing and never allocates.
///
/// Invariants:
/// 1. Who waits is in the list, and is taken out under the lock: by whoever releases it, or at home
///    when it is cancelled or destroyed. So a wait ends once, and success beats a later cancel.
/// 2. Who is released elsewhere is posted home once the lock is let go. From under the lock on that
///    post is certain, and its home waits for it before it ends.
/// 3. Under the lock nobody is posted to, woken or run.
///
/// Threads: any, within sections of the lock that it was made with.
class concurrent_wait_list {
  public:
    class entry;
    class section;

    using lock = adaptive_lock;
    using counter = std::atomic<std::size_t>;

    /// Lifetime: the lock outlives the list.
    explicit concurrent_wait_list(lock& guard) noexcept : lock_(guard) {}

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
    lock& lock_;
    intrusive_list<entry> entries_;
};

/// One wait in a list, of a coroutine that is resumed at home, whoever releases it.
///
/// A type that is given something, or that others wait behind, calls `leave()` in its destructor.
class concurrent_wait_list::entry : public listed_wait {
  public:
    entry(concurrent_wait_list& list, const char* name) noexcept : listed_wait(name), list_(list) {}

    /// Joins the list. Requires: admitted. Returns: true, as a `launch` that suspends.
    bool enter(section&) noexcept {
        home_ = &home::current();
        home_->count_pending(1);
        away_ = true;
        phase_ = phase::waiting;
        list_.entries_.push_back(*this);
        become_leaf(*home_);
        return true;
    }

    /// The wait is over, and succeeds. Called by what is waited for.
    /// Threads: any.
    void release(section& now) noexcept { end(phase::released, now); }

    /// The wait is over, and fails.
    /// Threads: any.
    void fail(std::error_code why, section& now) noexcept {
        error_ = why;
        end(phase::failed, now);
    }

    /// Has the coroutine go on where it belongs. Called once the lock has been let go; the last
    /// touch of a wait of another home.
    void go_home() noexcept;

    /// What is waited for, as a number that tells it from others.
    const void* waits_for() const noexcept { return &list_; }

  protected:
    ~entry() { leave(); }

    /// The wait is destroyed: what it was given and has not been told of, and its place in the
    /// list, are the next one's. Waits for its arrival, if it is on its way.
    void leave() noexcept {
        if (away_ || phase_ == phase::released || queued()) [[unlikely]]
            leave_early();
        leave_leaf();
    }

    /// It has left its list without success: who came after may have been waiting for that.
    virtual void gave_up(section&) noexcept {}

    /// What it was given goes to the next one.
    /// Returns: false when that cannot be; it stays given.
    virtual bool give_back(section&) noexcept { return false; }

  private:
    void end(phase how, section& now) noexcept;
    void arrive() noexcept override;
    void cancel(std::error_code reason) noexcept override;
    void retract(std::error_code reason) noexcept override;
    void describe(wait_report& report) const override;
    void leave_early() noexcept;

    concurrent_wait_list& list_;
    // The rest of what is here changes under the lock while it is away.
    bool away_ = false;  // Its home's: in the list, or on its way home.
};

/// The lock, held. Whose wait ends meanwhile is sent home when it has been let go.
class concurrent_wait_list::section {
  public:
    explicit section(lock& guard) noexcept : lock_(guard) { lock_.lock(); }
    ~section() {
        lock_.unlock();
        if (!leaving_.empty()) send_home();
    }
    section(const section&) = delete;
    section& operator=(const section&) = delete;

  private:
    friend class entry;

    void send_home() noexcept;

    lock& lock_;
    intrusive_list<entry> leaving_;
};

inline concurrent_wait_list::entry& concurrent_wait_list::front() noexcept {
    return entries_.front();
}

inline void concurrent_wait_list::entry::end(phase how, section& now) noexcept {
    phase_ = how;
    list_hook<>::unlink();
    now.leaving_.push_back(*this);
}

}  // namespace lariat
