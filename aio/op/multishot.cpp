#include "aio/op/multishot.hpp"

#include <errno.h>

#include <algorithm>
#include <new>

#include "runtime/check.hpp"
#include "runtime/error.hpp"
#include "runtime/ring.hpp"

namespace lariat {

bool answer_queue::push(completion_event answer) noexcept {
    if (size_ == room_ && !grow()) [[unlikely]]
        return false;
    slots()[(first_ + size_++) & (room_ - 1)] = answer;
    return true;
}

completion_event answer_queue::pop() noexcept {
    const completion_event answer = slots()[first_];
    first_ = (first_ + 1) & (room_ - 1);
    --size_;
    return answer;
}

bool answer_queue::grow() noexcept {
    const std::uint32_t room = room_ * 4;
    std::unique_ptr<completion_event[]> larger(new (std::nothrow) completion_event[room]);
    if (!larger) return false;
    for (std::uint32_t i = 0; i < size_; ++i) larger[i] = slots()[(first_ + i) & (room_ - 1)];
    many_ = std::move(larger);
    room_ = room;
    first_ = 0;
    return true;
}

multishot_source::multishot_source(multishot_options options, kernel_version since,
                                   aio_group* group)
    : most_(static_cast<std::uint32_t>(std::clamp<std::size_t>(options.queued, 1, 1U << 20))),
      since_(since),
      timer_(*this) {
    if (!group || place_.emplace(*group, *this).enter()) return;
    end_ = place_->refusal();
    become_ended();
}

void multishot_source::start(aio& waiter) noexcept {
    check(!waiter_, "multishot: next was awaited while another one waits");
    if (!answers_.empty()) return waiter.finish({}, 1);
    if (phase_ == phase::ended) return waiter.finish(end_);
    // First, or a consumer that only looks, without waiting, would never see anything.
    if (phase_ == phase::idle) {
        home_ = &home::current();
        check(home_->kernel(), "a multishot operation was awaited without a scheduler");
        arm();
    }
    if (waiter.defer(&give_up, this)) waiter_ = &waiter;
}

void multishot_source::give_up(aio& waiter, void* self, std::error_code reason) noexcept {
    static_cast<multishot_source*>(self)->waiter_ = nullptr;
    waiter.finish(reason);
}

completion_event multishot_source::take() noexcept {
    const completion_event answer = answers_.pop();
    if (phase_ == phase::idle && home_ && answers_.size() <= most_ / 2) arm();
    return answer;
}

void multishot_source::arm() noexcept {
    ring* kernel = home_->kernel();
    phase_ = phase::armed;
    one_shot_ = one_shot_ || !kernel->since(since_);
    if (const supply* from = taken_from()) returns_ = from->returns();
    home_->count_pending(1);
    home_->loose_scopes().push_back(*this);
    kernel->start(*this);
}

void multishot_source::ask_to_stop() noexcept {
    ring& kernel = *home_->kernel();
    // An answer that was on its way already is no reason to ask again.
    if (phase_ == phase::stopping && asked_at_ == kernel.system_calls()) return;
    phase_ = phase::stopping;
    asked_at_ = kernel.system_calls();
    if (kernel.cancel(*this)) return;
    // It had only been postponed: no answer comes.
    let_go();
    // At an end the others look for themselves: who ends them goes through a list they are in.
    if (supply* from = taken_from(); from && !end_) from->pass_on();
    phase_ = phase::idle;
    if (end_) become_ended();
}

void multishot_source::end_with(std::error_code why) noexcept {
    if (end_ || phase_ == phase::ended) return;
    end_ = why;
    if (armed()) {
        ask_to_stop();
    } else {
        leave_pause();
        become_ended();
    }
    tell();
}

void multishot_source::retire() noexcept {
    check(!waiter_, "multishot: destroyed while its next value is waited for");
    end_with(make_error_code(error::canceled));
    if (!armed()) return;
    home_->drain_until([this] { return !armed(); });
}

void multishot_source::let_go() noexcept {
    home_->count_pending(-1);
    strand_scope::unlink();
}

// Nothing is with the kernel: a group that has ended need not wait for it any longer.
void multishot_source::become_ended() noexcept {
    phase_ = phase::ended;
    if (place_) place_->leave();
}

void multishot_source::complete(completion_event answer) noexcept {
    answer = translate(answer);
    if (answer.more()) {
        pauses_.reset();
        take_in(answer);
        if (phase_ == phase::stopping || !has_room()) ask_to_stop();
    } else {
        let_go();
        go_on_after(answer);
    }
    tell();
}

/// The last answer of an entry.
void multishot_source::go_on_after(completion_event last) noexcept {
    const bool stopped = phase_ == phase::stopping;
    phase_ = phase::idle;
    if (last.result >= 0) {
        pauses_.reset();
        if (!is_end(last))
            take_in(last);
        else if (!end_)
            end_ = make_error_code(error::end_of_stream);
    }
    if (end_) {
        become_ended();
    } else if (last.result >= 0 || (stopped && last.result == -ECANCELED)) {
        if (has_room()) arm();
    } else if (last.result == -EINVAL && !one_shot_ && answers_.empty()) {
        one_shot_ = true;
        arm();
    } else {
        const std::error_code why = kernel_error(-last.result);
        switch (what_to_do(why)) {
            case remedy::retry:
                return arm();
            case remedy::wait:
                return last.result == -ENOBUFS && taken_from() ? wait_for_supply() : pause();
            case remedy::none:
                end_ = why;
                become_ended();
        }
    }
}

void multishot_source::wait_for_supply() noexcept {
    if (!has_room()) return;
    supply& from = *taken_from();
    // What was given back since it was armed may have come too late for the kernel.
    if (from.returns() != returns_) return arm();
    // Now and then it looks by itself, too: others may take and need none.
    pause();
    if (phase_ == phase::pausing && !from.complete()) from.wait(*this);
}

void multishot_source::try_again() noexcept {
    leave_pause();
    arm();
}

void multishot_source::leave_pause() noexcept {
    if (timer_.armed()) home_->timers().disarm(timer_);
    if (supply::user::linked()) supply::user::unlink();
    if (strand_scope::linked()) strand_scope::unlink();
}

void multishot_source::pause() noexcept {
    phase_ = phase::pausing;
    if (home_->timers().arm(timer_, after(home_->now(), pauses_.next()))) {
        home_->loose_scopes().push_back(*this);
        return;
    }
    end_ = std::make_error_code(std::errc::not_enough_memory);
    become_ended();
}

void multishot_source::keep(completion_event answer) noexcept {
    if (answer.result < 0) return;
    if (answers_.push(answer)) return;
    dispose(answer);
    if (!end_) end_ = std::make_error_code(std::errc::not_enough_memory);
    if (phase_ == phase::armed) ask_to_stop();
}

void multishot_source::tell() noexcept {
    if (!waiter_) return;
    if (!answers_.empty())
        std::exchange(waiter_, nullptr)->finish({}, 1);
    else if (phase_ == phase::ended)
        std::exchange(waiter_, nullptr)->finish(end_);
}

}  // namespace lariat
