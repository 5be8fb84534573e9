#pragma once

#include <cstddef>
#include <system_error>

#include "runtime/wait_list.hpp"

namespace lariat {

/// Counts the messages that a socket has accepted and not handed on, and waits for none.
class unsent_messages {
  public:
    class waiting;
    struct description {
        unsent_messages& subject;
        waiting operator co_await() const noexcept;
    };

    void add(std::size_t count) noexcept { count_ += count; }
    void remove(std::size_t count) noexcept {
        count_ -= count;
        if (count_ != 0) return;
        wait_list::section now;
        waiters_.release_all(now);
    }

    /// Waits until there is none. `result<void>`.
    [[nodiscard]] description none() noexcept { return {*this}; }

    /// There will be no end: what waits fails, and what will wait.
    void fail(std::error_code why) noexcept {
        failed_ = why;
        wait_list::section now;
        waiters_.fail_all(why, now);
    }

  private:
    std::size_t count_ = 0;
    std::error_code failed_;
    wait_list waiters_;
};

class unsent_messages::waiting final : public wait_list::entry,
                                       public awaiting<unsent_messages::waiting> {
  public:
    explicit waiting(unsent_messages& subject) noexcept
        : entry(subject.waiters_, "flush"), subject_(subject) {}
    ~waiting() { leave(); }

    bool launch() noexcept {
        if (!admitted()) return false;
        if (subject_.failed_) return refuse(subject_.failed_);
        if (subject_.count_ == 0) return pass();
        wait_list::section now;
        return enter(now);
    }
    result<void> await_resume() noexcept { return outcome(); }

  private:
    unsent_messages& subject_;
};

inline unsent_messages::waiting unsent_messages::description::operator co_await() const noexcept {
    return waiting(subject);
}

}  // namespace lariat
