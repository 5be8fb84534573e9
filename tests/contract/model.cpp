#include "tests/contract/model.hpp"

namespace model {
namespace {

/// Cancel, deadline and stop are raised once each; every other reason is a cancel.
std::uint8_t raise_of(reason why) {
    if (why == reason::timed_out) return 2;
    if (why == reason::stopped) return 4;
    return 1;
}

}  // namespace

bool operation::allows(event what) const {
    switch (what) {
        case event::begin:
            return !in_progress() || posted_;
        case event::defer:
            return phase_ == phase::begun && work_ != work::none;
        case event::finish:
            return work_ != work::none;
        default:
            return true;
    }
}

void operation::apply(event what) {
    switch (what) {
        case event::begin:
            return begin();
        case event::defer:
            return defer();
        case event::abort_first:
            return ask(reason::first);
        case event::abort_second:
            return ask(reason::second);
        case event::deadline:
            now_ += span;
            if (armed_ && due_ <= now_) {
                armed_ = false;
                ask(reason::timed_out);
            }
            return;
        case event::stop:
            return ask(reason::stopped);
        case event::finish:
            return finish();
        case event::destroy:
            return destroy();
        case event::turn:
            return run_until_idle();
    }
}

void operation::begin() {
    run_until_idle();
    phase_ = phase::begun;
    work_ = work::in_hand;
    raised_ = 0;
    first_reason_ = reason::none;
    error_ = reason::none;
    count_ = 0;
    if (how_.limited == limit::deadline) due_ = now_ + span;
}

void operation::defer() {
    const bool late = how_.limited == limit::deadline && due_ <= now_;
    if (raised_ != 0 || late) {
        // Whoever gave up says why; a deadline that passed meanwhile comes second.
        error_ = raised_ != 0 ? first_reason_ : reason::timed_out;
        work_ = work::none;
        settle();
        return;
    }
    phase_ = phase::deferred;
    if (how_.limited == limit::timeout) due_ = now_ + span;
    armed_ = true;
    if (how_.provider == kind::finishes_in_start) provider_ends(reason::none, moved);
}

void operation::ask(reason why) {
    // What was finished stays as it is, also while the news travels.
    if (!in_progress() || posted_ || (raised_ & raise_of(why))) return;
    raised_ |= raise_of(why);
    if (first_reason_ == reason::none) first_reason_ = why;
    if (phase_ != phase::deferred) return;
    asked_ = and_asked(asked_, why);
    if (work_ != work::in_hand || how_.provider == kind::declines) return;
    if (how_.provider == kind::accepts_later) {
        work_ = work::giving_up;
        accepted_ = why;
    } else {
        provider_ends(why, 0);
    }
}

void operation::finish() {
    if (work_ == work::giving_up)
        provider_ends(accepted_, 0);
    else
        provider_ends(reason::none, moved);
}

void operation::provider_ends(reason error, std::uint32_t count) {
    work_ = work::none;
    error_ = error;
    count_ = count;
    if (how_.finishes == place::at_home)
        settle();
    else
        posted_ = true;
}

void operation::settle() {
    phase_ = phase::finished;
    posted_ = false;
    armed_ = false;
    queued_ = true;
}

void operation::run_until_idle() {
    if (posted_) settle();
    if (queued_) ++told_;
    queued_ = false;
}

void operation::destroy() {
    if (phase_ == phase::deferred) {
        ask(reason::first);
        if (work_ != work::none) finish();
    }
    phase_ = phase::destroyed;
    work_ = work::none;
    posted_ = queued_ = armed_ = false;
}

view operation::seen() const {
    view now;
    now.in_progress = in_progress();
    if (phase_ == phase::finished) {
        now.error = error_;
        now.count = count_;
    }
    now.told = told_;
    now.asked = asked_;
    now.timers = armed_;
    now.pending = phase_ == phase::deferred;
    return now;
}

}  // namespace model
