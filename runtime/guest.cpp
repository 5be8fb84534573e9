#include "runtime/guest.hpp"

#include "runtime/error.hpp"
#include "runtime/scheduler.hpp"

namespace lariat {

void guest::send_to(scheduler& host) noexcept {
    host_ = &host;
    host.post(arrival_);
}

void guest::ask_to_end(std::error_code reason) noexcept {
    reason_ = reason;
    auto expected = stage::away;
    if (stage_.compare_exchange_strong(expected, stage::asked, std::memory_order_acq_rel))
        host_->post(request_);
}

void guest::arrive() noexcept {
    if (!host_->admit(*this)) return leave(make_error_code(error::closed));
    begin();
}

void guest::be_asked() noexcept {
    was_asked_ = true;
    if (ended_)
        go();
    else
        line().cancel(reason_);
}

std::coroutine_handle<> guest::notify() noexcept {
    leave({});
    return std::noop_coroutine();
}

void guest::leave(std::error_code turned_away) noexcept {
    turned_away_ = turned_away;
    ended_ = true;
    if (linked()) unlink();
    auto expected = stage::away;
    const bool unasked =
        stage_.compare_exchange_strong(expected, stage::ended, std::memory_order_acq_rel);
    // A request that was sent arrives yet: until then its node is the host's.
    if (unasked || was_asked_) go();
}

void guest::go() noexcept {
    host_->see_off();
    gone();
}

}  // namespace lariat
