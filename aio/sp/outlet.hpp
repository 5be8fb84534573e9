#pragma once

#include "aio/sp/message.hpp"
#include "aio/sp/peer.hpp"
#include "runtime/error.hpp"
#include "runtime/wait_list.hpp"

namespace lariat {

/// Messages that wait until somebody takes them, in the order in which they came.
class message_outlet {
  public:
    class sending;
    struct description {
        message_outlet& outlet;
        message& what;
        sending operator co_await() const noexcept;
    };

    explicit message_outlet(sp_rules& rules) noexcept : rules_(rules) {}

    [[nodiscard]] description send(message& what) noexcept { return {*this, what}; }

    /// Somebody may have room.
    void serve() noexcept;

    /// What waits, and what comes later, fails.
    void close() noexcept {
        closed_ = true;
        wait_list::section now;
        waiting_.fail_all(make_error_code(error::closed), now);
    }

  private:
    sp_rules& rules_;
    wait_list waiting_;
    bool closed_ = false;
};

class message_outlet::sending final : public wait_list::entry,
                                      public awaiting<message_outlet::sending> {
  public:
    sending(message_outlet& outlet, message& what) noexcept
        : entry(outlet.waiting_, "send message"), outlet_(outlet), what_(what) {}
    ~sending() { leave(); }

    bool launch() noexcept {
        if (!admitted()) return false;
        if (outlet_.closed_) return refuse(make_error_code(error::closed));
        if (outlet_.waiting_.empty() && outlet_.rules_.offer(what_)) return pass();
        wait_list::section now;
        return enter(now);
    }

    result<void> await_resume() noexcept { return outcome(); }

  private:
    friend class message_outlet;

    message_outlet& outlet_;
    message& what_;
};

inline message_outlet::sending message_outlet::description::operator co_await() const noexcept {
    return sending(outlet, what);
}

inline void message_outlet::serve() noexcept {
    wait_list::section now;
    while (!waiting_.empty()) {
        auto& oldest = static_cast<sending&>(waiting_.front());
        if (!rules_.offer(oldest.what_)) return;
        oldest.release(now);
    }
}

}  // namespace lariat
