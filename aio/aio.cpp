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
    if (progress_.at == state::finished || claimed()) return false;
    check(progress_.at == state::begun, "aio: deferred twice, or without having been begun");
    if (progress_.raised != 0) {
        finish(aio::reason());
        return false;
    }
    if (canceler && progress_.own_limit != limit::none) {
        const time_point now = home_->now();
        const time_point due =
            progress_.own_limit == limit::timeout ? after(now, own_limit_) : time_point(own_limit_);
        progress_.late = due <= now;
        if (progress_.late && when == lateness::refused) {
            finish(make_error_code(error::timed_out));
            return false;
        }
        if (!progress_.late && !home_->timers().arm(*this, due)) {
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
    if (claimed() || (progress_.raised & how)) return;
    if (progress_.asking) {
        // A cancel function that aborts must not enter itself: it is asked again when it returns.
        progress_.unasked |= how;
        return;
    }
    if (progress_.raised == 0) {
        reason_value_ = reason.value();
        reason_category_ = &reason.category();
    }
    progress_.raised |= how;
    if (progress_.at != state::deferred || !cancel_) return;

    home::dispatch_guard guard(*home_);
    progress_.asking = true;
    cancel_(*this, argument_, reason);
    progress_.asking = false;
    const std::uint8_t later = std::exchange(progress_.unasked, std::uint8_t{0});
    if (!in_progress()) return;
    if (later & by_stop) ask(by_stop, make_error_code(error::stopped));
    if (in_progress() && (later & by_deadline)) ask(by_deadline, make_error_code(error::timed_out));
    if (in_progress() && (later & by_cancel)) ask(by_cancel, make_error_code(error::canceled));
}

void aio::finish_elsewhere(int value, const std::error_category& category,
                           std::size_t count) noexcept {
    if (claim().exchange(1, std::memory_order_acq_rel) != 0) finished_twice();
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
    if (progress_.at == state::begun && !claimed())
        progress_.at = state::idle;  // No provider has it.
    if (in_progress()) {
        progress_.launching = true;  // Nobody is to be queued.
        abort();
        home_->drain_until([this] { return !in_progress(); });
        progress_.launching = false;
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
