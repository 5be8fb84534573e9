#include "runtime/wait_list.hpp"

#include "runtime/wait_report.hpp"

namespace lariat {

bool wait_list::release_one() noexcept {
    if (entries_.empty()) return false;
    entries_.front().release();
    return true;
}

void wait_list::release_all() noexcept {
    while (release_one()) {
    }
}

void wait_list::fail_all(std::error_code why) noexcept {
    while (!entries_.empty()) entries_.front().fail(why);
}

bool wait_list::entry::fail(std::error_code why) noexcept {
    if (waiting()) {
        phase_ = phase::given_up;
        end(why);
    } else {
        error_ = why;
    }
    return false;
}

void wait_list::entry::end(std::error_code how) noexcept {
    error_ = how;
    leave_queue();
    home_->make_ready(*this);
}

void wait_list::entry::cancel(std::error_code reason) noexcept {
    if (!waiting()) return;
    fail(reason);
    gave_up();
}

void wait_list::entry::describe(wait_report& report) const { report.name = name_; }

}  // namespace lariat
