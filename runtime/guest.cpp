#include "runtime/guest.hpp"

#include "runtime/error.hpp"
#include "runtime/scheduler.hpp"

namespace lariat {

void guest::send_to(scheduler& host) noexcept {
    host_ = &host;
    host.post(arrival_);
}

void guest::ask_to_end(std::error_code reason) noexcept {
    if (sent_.load(std::memory_order_relaxed) & request_sent) return;
    reason_ = reason;
    send(request_sent, request_);
}

void guest::recall() noexcept { send(recall_sent, recall_); }

void guest::send(std::uint8_t kind, message& what) noexcept {
    // What is sent before it ended is waited for: its node is the host's until then.
    if (!(sent_.fetch_or(kind, std::memory_order_acq_rel) & ended)) host_->post(what);
}

void guest::arrive() noexcept {
    if (!host_->admit(*this)) return leave(make_error_code(error::closed));
    begin();
}

void guest::be_asked() noexcept {
    arrived_ |= request_sent;
    if (ended_)
        go_if_nothing_comes();
    else
        line().cancel(reason_);
}

void guest::be_recalled() noexcept {
    arrived_ |= recall_sent;
    if (ended_)
        go_if_nothing_comes();
    else if (!turned_out_)
        host_->turn_out_soon(*this);
}

std::coroutine_handle<> guest::notify() noexcept {
    leave({});
    return std::noop_coroutine();
}

void guest::leave(std::error_code turned_away) noexcept {
    turned_away_ = turned_away;
    ended_ = true;
    if (linked()) unlink();
    awaited_ = sent_.fetch_or(ended, std::memory_order_acq_rel);
    go_if_nothing_comes();
}

void guest::go_if_nothing_comes() noexcept {
    if (awaited_ & ~unsigned{arrived_}) return;
    host_->see_off();
    gone();
}

}  // namespace lariat
