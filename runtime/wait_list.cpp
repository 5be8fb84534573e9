#include "runtime/wait_list.hpp"

#include "runtime/wait_report.hpp"

namespace lariat {

void listed_wait::describe(wait_report& report) const { report.name = name_; }

bool wait_list::release_one(section& now) noexcept {
    if (entries_.empty()) return false;
    entries_.front().release(now);
    return true;
}

void wait_list::release_all(section& now) noexcept {
    while (release_one(now)) {
    }
}

void wait_list::fail_all(std::error_code why, section& now) noexcept {
    while (!entries_.empty()) entries_.front().fail(why, now);
}

void wait_list::entry::end() noexcept {
    leave_queue();
    home_->make_ready(*this);
}

void wait_list::entry::cancel(std::error_code reason) noexcept {
    if (phase_ != phase::waiting) return;
    section now;
    fail(reason, now);
    gave_up(now);
}

void wait_list::entry::retract(std::error_code reason) noexcept {
    cancel(reason);
    section now;
    if (phase_ == phase::released && give_back(now)) refuse(reason);
}

void wait_list::entry::leave_early() noexcept {
    section now;
    if (phase_ == phase::waiting) {
        leave_queue();
        gave_up(now);
    } else {
        give_back(now);
    }
}

}  // namespace lariat
