#include "runtime/composite.hpp"

#include "runtime/error.hpp"
#include "runtime/wait_report.hpp"

namespace lariat {

std::coroutine_handle<> branch::notify() noexcept { return owner_->member_done(*this); }

void composite::describe(wait_report& report) const {
    report.name = name_;
    if (armed()) report.deadline = due();
}

void composite::show_lines(line_visitor& visitor) {
    members_.for_each([&](branch& member) {
        if (!member.done()) visitor.visit(member.line);
    });
}

void composite::cancel_members(std::error_code reason) noexcept {
    members_.for_each([&](branch& member) {
        if (!member.done()) member.line.cancel(reason);
    });
}

void composite::retract_members(std::error_code reason) noexcept {
    members_.for_each([&](branch& member) {
        if (!member.done()) member.line.retract(reason);
    });
}

void composite::begin_launch(bool heed_strand) noexcept {
    home_ = &home::current();
    pending_ = members_.size();
    launching_ = true;
    if (heed_strand && refused()) cancel_members(line()->reason);
}

bool composite::end_launch() noexcept {
    launching_ = false;
    if (pending_ == 0) return false;
    become_leaf(*home_);
    return true;
}

void composite::count_done(branch& member) noexcept {
    branch_list::mark_done(member);
    --pending_;
    on_done(member);
}

std::coroutine_handle<> composite::member_done(branch& member) noexcept {
    count_done(member);
    if (pending_ != 0 || launching_) return std::noop_coroutine();
    if (armed()) home_->timers().disarm(*this);
    return resumption();
}

void composite::abandon() noexcept {
    if (pending_ != 0) cancel_members(make_error_code(error::canceled));
    if (armed()) home_->timers().disarm(*this);
    leave_queue();
    leave_leaf();
}

}  // namespace lariat
