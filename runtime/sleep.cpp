#include "runtime/sleep.hpp"

#include "runtime/wait_report.hpp"

namespace lariat {

sleep_awaiter sleep_for_description::operator co_await() const noexcept {
    return sleep_awaiter(after(home::current().now(), span));
}

sleep_awaiter::~sleep_awaiter() {
    if (armed()) home_->timers().disarm(*this);
    leave_queue();
    leave_leaf();
}

bool sleep_awaiter::launch() noexcept {
    if (refused()) {
        error_ = line()->reason;
        return false;
    }
    home_ = &home::current();
    waiting_ = true;
    if (until_ <= home_->now()) {
        end({});
    } else if (!home_->timers().arm(*this, until_)) {
        waiting_ = false;
        error_ = std::make_error_code(std::errc::not_enough_memory);
        return false;
    }
    become_leaf(*home_);
    return true;
}

void sleep_awaiter::end(std::error_code how) noexcept {
    waiting_ = false;
    error_ = how;
    home_->make_ready(*this);
}

void sleep_awaiter::expire() noexcept { end({}); }

void sleep_awaiter::cancel(std::error_code reason) noexcept {
    if (!waiting_) return;
    if (armed()) home_->timers().disarm(*this);
    end(reason);
}

void sleep_awaiter::describe(wait_report& report) const {
    report.name = "sleep";
    report.deadline = until_;
}

}  // namespace lariat
