#pragma once

#include <cstdint>
#include <system_error>

#include "runtime/home.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/result.hpp"
#include "runtime/waiter.hpp"

namespace lariat {

/// Suspended coroutines in the order in which they came: what events, mutexes and channels are
/// made of. It owns nothing and never allocates.
/// Threads: those of one home.
class wait_list {
  public:
    class entry;

    bool empty() const noexcept { return entries_.empty(); }

    /// The oldest wait. Requires: there is one.
    entry& front() noexcept;

    void add(entry& wait) noexcept { entries_.push_back(hook_of(wait)); }

    /// The oldest wait succeeds.
    /// Returns: whether there was one.
    bool release_one() noexcept;

    /// All waits succeed, in order; one that begins meanwhile is not among them.
    void release_all() noexcept;

    /// All waits fail, in order.
    void fail_all(std::error_code why) noexcept;

  private:
    static list_hook<>& hook_of(entry& wait) noexcept;

    intrusive_list<entry> entries_;
};

/// One wait in a list. It leaves the list when it is released or cancelled, whichever is first.
class wait_list::entry : public waiter {
  public:
    explicit entry(wait_list& list, const char* name) noexcept : list_(list), name_(name) {}

    /// Returns: false when the strand is cancelled: the wait is over with its reason.
    bool enter() noexcept {
        if (!admitted()) return false;
        home_ = &home::current();
        phase_ = phase::waiting;
        list_.add(*this);
        become_leaf(*home_);
        return true;
    }

    /// The wait is over as it begins: there is nothing to wait for.
    /// Requires: admitted. Returns: false, as a `launch` that does not suspend.
    bool pass() noexcept {
        phase_ = phase::released;
        return false;
    }

    /// Returns: false when the strand is cancelled: the wait is over with its reason.
    bool admitted() noexcept {
        if (!refused()) [[likely]]
            return true;
        error_ = line()->reason;
        return false;
    }

    /// The wait is over, and succeeds. Called by what is waited for.
    void release() noexcept {
        phase_ = phase::released;
        end({});
    }

    /// The wait is over, and fails. Also as it begins; returns: false, as such a `launch`.
    bool fail(std::error_code why) noexcept;

    result<void> outcome() const noexcept { return error_; }

  protected:
    ~entry() {
        leave_queue();
        leave_leaf();
    }

    /// Whether it got what it waited for, also when nobody was told yet.
    bool released() const noexcept { return phase_ == phase::released; }
    bool waiting() const noexcept { return phase_ == phase::waiting; }
    bool idle() const noexcept { return phase_ == phase::idle; }

    /// It was cancelled and has left its list: who came after may have been waiting for that.
    virtual void gave_up() noexcept {}

  private:
    enum class phase : std::uint8_t { idle, waiting, released, given_up };

    void cancel(std::error_code reason) noexcept override;
    void describe(wait_report& report) const override;
    void end(std::error_code how) noexcept;

    wait_list& list_;
    const char* name_;
    home* home_ = nullptr;
    std::error_code error_;
    phase phase_ = phase::idle;
};

inline wait_list::entry& wait_list::front() noexcept { return entries_.front(); }

inline list_hook<>& wait_list::hook_of(entry& wait) noexcept { return wait; }

}  // namespace lariat
