#pragma once

#include <coroutine>
#include <cstdint>
#include <system_error>

#include "runtime/cancellation.hpp"
#include "runtime/clock.hpp"
#include "runtime/intrusive_list.hpp"

namespace lariat {

class home;
struct wait_report;

/// A thing that a home handles when its turn comes. It is in one queue at a time: a provider's
/// list, the mailbox or the ready queue share its links.
class runnable : public list_hook<> {
  public:
    /// Taken from the ready queue. May resume coroutines; the last touch of this object.
    virtual void run() noexcept = 0;

    /// Taken from the mailbox, at home. Never resumes a coroutine.
    virtual void arrive() noexcept;

  protected:
    ~runnable() = default;
};

/// Told when a member of a composite is done.
class listener {
  public:
    /// Called at home where resuming is harmless.
    /// Returns: the coroutine to go on with; a no-op coroutine when nobody is to be resumed.
    virtual std::coroutine_handle<> notify() noexcept = 0;

  protected:
    ~listener() = default;
};

/// Whom to tell when a wait is over: a coroutine, or the composite it is a member of. One word.
class continuation {
  public:
    continuation() noexcept = default;
    continuation(std::coroutine_handle<> coroutine) noexcept
        : word_(reinterpret_cast<std::uintptr_t>(coroutine.address())) {}
    continuation(listener& member) noexcept
        : word_(reinterpret_cast<std::uintptr_t>(&member) | listens) {}

    explicit operator bool() const noexcept { return word_ != 0; }

    /// Requires: not empty.
    std::coroutine_handle<> next() const noexcept {
        if (word_ & listens) return reinterpret_cast<listener*>(word_ & ~listens)->notify();
        return std::coroutine_handle<>::from_address(reinterpret_cast<void*>(word_));
    }

  private:
    static constexpr std::uintptr_t listens = 1;
    std::uintptr_t word_ = 0;
};

/// A promise that takes part in structured cancellation shows the strand it belongs to.
template <class Promise>
concept has_strand = requires(Promise& promise) {
    { promise.current_strand() } noexcept;
};

/// One suspended wait: whom to resume, the strand that may cancel it, its place in one queue.
/// Aios, sleeps, waits for an event and composites are waiters: there is one cancel path.
///
/// Threads: everything here happens on the thread of the waiter's home.
class waiter : public runnable, public list_hook<waiter> {
  public:
    /// Asks the wait to end early. It ends by becoming ready, now or later, never from in here.
    virtual void cancel(std::error_code reason) noexcept = 0;

    /// The same, when the wait has lost a race: what it was promised and has not been told of goes
    /// to the next one, where that can be, and it ends with `reason` after all.
    virtual void retract(std::error_code reason) noexcept { cancel(reason); }

    /// What a dump of the pending waits says of this one.
    virtual void describe(wait_report& report) const = 0;

    /// Shows a dump the strands of a composite's members.
    virtual void show_lines(line_visitor&) {}

    /// Resumes whom the continuation names, in the context of its strand.
    void run() noexcept override;

    /// Who waits, and on which strand: null for a coroutine without one, which then is linked
    /// into its home's orphans while it waits so that shutdown reaches it.
    void attach(strand* line, continuation whom) noexcept {
        strand_ = line;
        continuation_ = whom;
    }

    template <class Promise>
    void attach(std::coroutine_handle<Promise> coroutine) noexcept {
        continuation_ = continuation(coroutine);
        if constexpr (has_strand<Promise>)
            strand_ = coroutine.promise().current_strand();
        else
            strand_ = nullptr;
    }

    strand* line() const noexcept { return strand_; }

  protected:
    waiter() = default;
    ~waiter() = default;

    /// The strand is cancelled: a new wait must fail at once with its reason.
    bool refused() const noexcept { return strand_ && strand_->reason; }

    void become_leaf(home& at) noexcept {
        if (strand_) [[likely]]
            strand_->leaf = this;
        else
            become_orphan(at);
    }

    /// Undoes `become_leaf`; harmless when the wait never suspended.
    void leave_leaf() noexcept {
        if (strand_) [[likely]] {
            if (strand_->leaf == this) strand_->leaf = nullptr;
        } else if (list_hook<waiter>::linked()) {
            list_hook<waiter>::unlink();
        }
    }

    bool queued() const noexcept { return list_hook<>::linked(); }
    void leave_queue() noexcept {
        if (queued()) list_hook<>::unlink();
    }

    /// Sets the thread's current strand and returns the coroutine to go on with.
    std::coroutine_handle<> resumption() noexcept;

    continuation continuation_;
    strand* strand_ = nullptr;

  private:
    void become_orphan(home& at) noexcept;
};

/// A waiter's place among the deadlines of its home.
class timer_place {
  public:
    bool armed() const noexcept { return slot_ != unarmed; }
    time_point due() const noexcept { return due_; }

  private:
    friend class timer_queue;
    static constexpr std::uint32_t unarmed = UINT32_MAX;

    time_point due_;  // Of an armed one.
    std::uint32_t slot_ = unarmed;
};

/// A waiter that a point in time can end.
class timed_waiter : public waiter, public timer_place {
  public:
    /// Its time has come. The timer is disarmed already. Runs no coroutine.
    virtual void expire() noexcept = 0;

  protected:
    timed_waiter() = default;
    ~timed_waiter() = default;
};

}  // namespace lariat
