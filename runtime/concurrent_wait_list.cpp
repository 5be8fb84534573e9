#include "runtime/concurrent_wait_list.hpp"

#include "runtime/wait_report.hpp"

namespace lariat {

bool concurrent_wait_list::release_one(section& now) noexcept {
    if (entries_.empty()) return false;
    entries_.front().release(now);
    return true;
}

void concurrent_wait_list::release_all(section& now) noexcept {
    while (release_one(now)) {
    }
}

void concurrent_wait_list::fail_all(std::error_code why, section& now) noexcept {
    while (!entries_.empty()) entries_.front().fail(why, now);
}

void concurrent_wait_list::section::send_home() noexcept {
    // Who has gone home may be destroyed there at once, and with it all that was waited for.
    while (entry* one = leaving_.pop_front()) one->go_home();
}

void concurrent_wait_list::entry::go_home() noexcept {
    home& at = *home_;
    if (at.on_this_thread())
        arrive();
    else
        at.post(*this);
}

void concurrent_wait_list::entry::arrive() noexcept {
    away_ = false;
    home_->count_pending(-1);
    home_->make_ready(*this);
}

void concurrent_wait_list::entry::cancel(std::error_code reason) noexcept {
    if (!away_) return;
    section now(list_.lock_);
    if (phase_ != phase::waiting) return;
    fail(reason, now);
    gave_up(now);
}

void concurrent_wait_list::entry::retract(std::error_code reason) noexcept {
    section now(list_.lock_);
    if (phase_ == phase::waiting) {
        fail(reason, now);
        gave_up(now);
    } else if (phase_ == phase::released && give_back(now)) {
        // On its way home, or there already: it is told when its turn comes.
        refuse(reason);
    }
}

void concurrent_wait_list::entry::leave_early() noexcept {
    if (away_) {
        section now(list_.lock_);
        if (phase_ == phase::waiting) {
            fail({}, now);
            gave_up(now);
        }
    }
    if (away_) home_->drain_until([this] { return !away_; });
    leave_queue();
    if (phase_ == phase::released) {
        section now(list_.lock_);
        phase_ = phase::failed;
        give_back(now);
    }
}

void concurrent_wait_list::entry::describe(wait_report& report) const {
    report.name = name_;
    report.provider = "any thread";
}

}  // namespace lariat
