#include "aio/aio.hpp"

#include <cstdio>
#include <utility>

#include "runtime/wait_report.hpp"

namespace lariat {

aio::raise aio::raise_of(std::error_code reason) noexcept {
    if (reason == make_error_code(error::timed_out)) return by_deadline;
    if (reason == make_error_code(error::stopped)) return by_stop;
    return by_cancel;
}

bool aio::defer_limited(cancel_function canceler, void* argument, lateness when) noexcept {
    if (state_ == state::finished || claimed()) return false;
    check(state_ == state::begun, "aio: deferred twice, or without having been begun");
    if (raised_ != 0) {
        finish(aio::reason());
        return false;
    }
    if (canceler && own_limit_kind_ != limit::none) {
        const time_point now = home_->now();
        const time_point due =
            own_limit_kind_ == limit::timeout ? after(now, own_limit_) : time_point(own_limit_);
        late_ = due <= now;
        if (late_ && when == lateness::refused) {
            finish(make_error_code(error::timed_out));
            return false;
        }
        if (!late_ && !home_->timers().arm(*this, due)) {
            finish(std::make_error_code(std::errc::not_enough_memory));
            return false;
        }
    }
    accept(canceler, argument);
    return true;
}

void aio::abort(std::error_code reason) noexcept {
    if (!in_progress()) return;
    check(home_->on_this_thread(), "aio: aborted on a thread that is not its home's");
    if (!reason) reason = make_error_code(error::canceled);
    ask(raise_of(reason), reason);
}

void aio::expire() noexcept { ask(by_deadline, make_error_code(error::timed_out)); }

void aio::ask(raise how, std::error_code reason) noexcept {
    if (claimed() || (raised_ & how)) return;
    if (asking_) {
        // A cancel function that aborts must not enter itself: it is asked again when it returns.
        unasked_ |= how;
        return;
    }
    if (raised_ == 0) {
        reason_value_ = reason.value();
        reason_category_ = &reason.category();
    }
    raised_ |= how;
    if (state_ != state::deferred || !cancel_) return;

    home::dispatch_guard guard(*home_);
    asking_ = true;
    cancel_(*this, argument_, reason);
    asking_ = false;
    const std::uint8_t later = std::exchange(unasked_, std::uint8_t{0});
    if (!in_progress()) return;
    if (later & by_stop) ask(by_stop, make_error_code(error::stopped));
    if (in_progress() && (later & by_deadline)) ask(by_deadline, make_error_code(error::timed_out));
    if (in_progress() && (later & by_cancel)) ask(by_cancel, make_error_code(error::canceled));
}

void aio::finish_elsewhere(int value, const std::error_category& category,
                           std::size_t count) noexcept {
    if (claim_.exchange(true, std::memory_order_acq_rel)) finished_twice();
    store_outcome(value, category, count);
    home_->post(*this);
}

void aio::arrive() noexcept {
    if (!in_progress()) finished_twice();
    settle();
}

void aio::finished_twice() const noexcept {
    if (generation_ == 0) mistake("aio: finished without having been begun");
    wait_report who;
    describe(who);
    char text[256];
    std::snprintf(text, sizeof text, "aio: finished twice: %s, provided by %s", who.name,
                  *who.provider ? who.provider : "a type without a name");
    mistake(text);
}

void aio::retire() noexcept {
    if (state_ == state::begun && !claimed()) state_ = state::idle;  // No provider has it.
    if (in_progress()) {
        launching_ = true;  // Nobody is to be queued.
        abort();
        home_->drain_until([this] { return !in_progress(); });
        launching_ = false;
    }
    leave_queue();
    leave_leaf();
    attach(nullptr, {});  // The strand may die before an operation that is awaited again.
}

std::chrono::milliseconds aio::age() const noexcept {
    return std::chrono::milliseconds(home_->coarse_now() - began_);
}

void aio::describe(wait_report& report) const {
    report.name = "aio";
    report.age = age();
    if (armed()) report.deadline = due();
}

}  // namespace lariat
