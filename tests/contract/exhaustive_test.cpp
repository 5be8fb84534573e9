#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "tests/contract/model.hpp"
#include "tests/contract/plain_aio.hpp"

using namespace lariat::testing;
using model::event;
using model::kind;
using model::limit;
using model::place;
using model::reason;
using model::setting;
using model::view;

namespace {

constexpr std::size_t most_events = 7;
constexpr lariat::duration tick = std::chrono::milliseconds(1);

std::error_code code_of(reason why) {
    switch (why) {
        case reason::first:
            return canceled;
        case reason::second:
            return broken;
        case reason::timed_out:
            return timed_out;
        case reason::stopped:
            return stopped;
        default:
            return {};
    }
}

reason reason_of(std::error_code code) {
    for (const auto why : {reason::first, reason::second, reason::timed_out, reason::stopped})
        if (code == code_of(why)) return why;
    return reason::none;
}

/// What all runs share: a home that every run leaves as it found it.
struct world {
    manual_home at;
    other_thread elsewhere;
};

/// The real aio, with its consumer and its provider.
class subject final : private outside_source {
  public:
    subject(world& at, setting how)
        : world_(at), how_(how), operation_(std::make_unique<plain_aio>()) {
        world_.at.add(*this);
        if (how_.limited == limit::timeout) operation_->set_timeout(model::span * tick);
    }

    void apply(event what) {
        switch (what) {
            case event::begin:
                return begin();
            case event::defer:
                return defer();
            case event::abort_first:
                return operation_->abort(canceled);
            case event::abort_second:
                return operation_->abort(broken);
            case event::deadline:
                world_.at.time.advance(model::span * tick);
                return world_.at.fire_due();
            case event::stop:
                return operation_->abort(stopped);
            case event::finish:
                return finish();
            case event::destroy:
                return operation_.reset();
            case event::turn:
                world_.at.run_until_idle();
                return;
        }
    }

    view seen() {
        view now;
        if (operation_) {
            now.in_progress = operation_->in_progress();
            if (operation_->current_state() == lariat::aio::state::finished) {
                now.error = reason_of(operation_->error());
                now.count = static_cast<std::uint32_t>(operation_->count());
            }
        }
        now.told = static_cast<std::uint32_t>(consumer_.told());
        now.asked = asked_;
        now.timers = static_cast<std::uint32_t>(world_.at.timers().size());
        now.pending = static_cast<std::uint32_t>(world_.at.pending());
        return now;
    }

  private:
    void begin() {
        world_.at.run_until_idle();
        if (how_.limited == limit::deadline)
            operation_->set_deadline(world_.at.now() + model::span * tick);
        operation_->begin_for(consumer_);
        working_ = true;
    }

    void defer() {
        if (!operation_->defer(&on_cancel, this))
            working_ = false;
        else if (how_.provider == kind::finishes_in_start)
            end({}, model::moved);
    }

    static void on_cancel(lariat::aio&, void* self, std::error_code why) noexcept {
        static_cast<subject*>(self)->asked_to_give_up(why);
    }

    void asked_to_give_up(std::error_code why) noexcept {
        asked_ = model::and_asked(asked_, reason_of(why));
        if (!working_ || why_giving_up_ || how_.provider == kind::declines) return;
        if (how_.provider == kind::accepts_later)
            why_giving_up_ = why;
        else
            end(why, 0);
    }

    void finish() {
        if (why_giving_up_)
            end(why_giving_up_, 0);
        else
            end({}, model::moved);
    }

    void end(std::error_code error, std::size_t count) {
        working_ = false;
        why_giving_up_.clear();
        if (how_.finishes == place::at_home)
            providers_.finish(error, count);
        else
            world_.elsewhere.run([&] { providers_.finish(error, count); });
    }

    bool happen() noexcept override {
        if (!working_) return false;
        finish();
        return true;
    }

    world& world_;
    setting how_;
    counting_consumer consumer_;
    bool working_ = false;
    std::error_code why_giving_up_;
    std::uint64_t asked_ = 0;
    std::unique_ptr<plain_aio> operation_;  // On the heap, where a use after free is seen.
    lariat::aio& providers_ = *operation_;  // The provider has it until it finishes.
};

/// Goes through every order of events that the rules allow, and compares at each.
class search {
  public:
    search(setting how, std::span<const event> events, std::size_t longest)
        : how_(how), events_(events), longest_(longest) {}

    void run() { extend(model::operation(how_), 0); }

    std::uint64_t sequences() const { return sequences_; }
    const std::string& first_difference() const { return difference_; }

  private:
    void extend(const model::operation& before, std::size_t length) {
        if (length == longest_ || before.destroyed()) {
            compare(length);
            return;
        }
        for (const event what : events_) {
            if (!before.allows(what)) continue;
            model::operation after = before;
            after.apply(what);
            path_[length] = what;
            expected_[length] = after.seen();
            extend(after, length + 1);
        }
    }

    void compare(std::size_t length) {
        ++sequences_;
        {
            subject real(world_, how_);
            for (std::size_t i = 0; i < length; ++i) {
                real.apply(path_[i]);
                if (real.seen() != expected_[i]) return note(i + 1);
            }
            // Nobody is told after the end: a use after free would show here.
            if (path_[length - 1] == event::destroy) {
                world_.at.run_until_idle();
                if (real.seen() != expected_[length - 1]) return note(length);
            }
        }
        world_.at.run_until_idle();
        if (!world_.at.timers().empty() || world_.at.pending() != 0) note(length);
    }

    void note(std::size_t length) {
        if (!difference_.empty()) return;
        static constexpr const char* names[] = {"begin", "defer",  "abort 1", "abort 2", "deadline",
                                                "stop",  "finish", "destroy", "turn"};
        for (std::size_t i = 0; i < length; ++i)
            difference_ += std::string(names[static_cast<std::size_t>(path_[i])]) + ", ";
    }

    world world_;
    setting how_;
    std::span<const event> events_;
    std::size_t longest_;
    std::array<event, most_events> path_{};
    std::array<view, most_events> expected_{};
    std::uint64_t sequences_ = 0;
    std::string difference_;
};

std::uint64_t search_all(std::span<const event> events, std::size_t longest) {
    std::uint64_t sequences = 0;
    for (const kind provider :
         {kind::accepts_at_once, kind::accepts_later, kind::declines, kind::finishes_in_start}) {
        for (const place finishes : {place::at_home, place::elsewhere}) {
            for (const limit limited : {limit::timeout, limit::deadline}) {
                search one({provider, finishes, limited}, events, longest);
                one.run();
                CAPTURE(static_cast<int>(provider));
                CAPTURE(static_cast<int>(finishes));
                CAPTURE(static_cast<int>(limited));
                CHECK(one.first_difference() == "");
                sequences += one.sequences();
            }
        }
    }
    return sequences;
}

constexpr event all_events[] = {event::begin,        event::defer,    event::abort_first,
                                event::abort_second, event::deadline, event::stop,
                                event::finish,       event::destroy,  event::turn};

}  // namespace

TEST_CASE("every order of seven events ends as the rules say") {
    const std::uint64_t sequences = search_all(std::span(all_events).first(8), most_events);

    MESSAGE(sequences << " sequences");
    CHECK(sequences == 2'270'774);
}

TEST_CASE("every order of six events and turns of the home ends as the rules say") {
    const std::uint64_t sequences = search_all(all_events, most_events - 1);

    MESSAGE(sequences << " sequences");
    CHECK(sequences == 1'130'312);
}
