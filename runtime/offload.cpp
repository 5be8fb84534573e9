#include "runtime/offload.hpp"

namespace lariat {

bool offload_wait::launch() noexcept {
    if (refused()) {
        failure_ = line()->reason;
        return false;
    }
    home_ = &home::current();
    failure_ = pool_.submit(*this);
    if (failure_) return false;
    away_ = true;
    home_->count_pending(1);
    become_leaf(*home_);
    return true;
}

void offload_wait::retire() noexcept {
    if (away_ && pool_.take_back(*this)) come_home();
    if (away_) home_->drain_until([this] { return !away_; });
    leave_queue();
    leave_leaf();
}

void offload_wait::execute() noexcept {
    call();
    home_->post(homecoming_);
}

void offload_wait::cancel(std::error_code reason) noexcept {
    if (!away_ || !pool_.take_back(*this)) return;
    failure_ = reason;
    come_home();
}

void offload_wait::describe(wait_report& report) const {
    report.name = "offload";
    report.provider = "thread pool";
}

void offload_wait::come_home() noexcept {
    away_ = false;
    home_->count_pending(-1);
    home_->make_ready(*this);
}

}  // namespace lariat
