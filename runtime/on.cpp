#include "runtime/on.hpp"

#include "runtime/error.hpp"

namespace lariat {

bool visit::launch() noexcept {
    if (refused()) {
        failure_ = waiter::line()->reason;
        return false;
    }
    home_ = &home::current();
    away_ = true;
    home_->count_pending(1);
    become_leaf(*home_);
    send_to(there_);
    return true;
}

void visit::retire() noexcept {
    if (away_) {
        recall();
        home_->drain_until([this] { return !away_; });
    }
    leave_queue();
    leave_leaf();
}

void visit::cancel(std::error_code reason) noexcept {
    if (away_) ask_to_end(reason);
}

void visit::describe(wait_report& report) const {
    report.name = "on";
    report.provider = "another scheduler";
}

void visit::show_lines(line_visitor& visitor) {
    // Elsewhere it is another thread's.
    if (away_ && home_ == &there_) visitor.visit(guest::line());
}

void visit::come_home() noexcept {
    away_ = false;
    home_->count_pending(-1);
    home_->make_ready(*this);
}

}  // namespace lariat
