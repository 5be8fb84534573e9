#include "aio/testing/contract_suite.hpp"

#include <algorithm>
#include <ostream>

#include "runtime/error.hpp"

namespace lariat::testing {
namespace {

using namespace std::chrono_literals;
using wait_pointer = std::unique_ptr<contract_wait>;

/// One rule on one provider: what it does, and what it finds.
class trial {
  public:
    trial(contract_world& world, const char* rule, std::vector<contract_failure>& failures)
        : world_(world), rule_(rule), failures_(failures) {}

    manual_home& at() { return world_.at; }
    wait_pointer start(duration limit = forever) {
        wait_pointer started = world_.wait(limit);
        at().run_until_idle();
        return started;
    }
    void complete() { world_.complete(); }

    /// Returns: whether `done()`; not within the provider's patience means that it declined.
    template <class Done>
    bool soon(Done done) {
        return at().run_until(done, world_.patience());
    }

    std::size_t at_once(std::size_t wanted) const { return std::min(wanted, world_.at_once()); }
    bool has_deadlines() const { return world_.has_deadlines(); }

    void expect(bool holds, const char* what) {
        if (!holds) failures_.push_back({rule_, what});
    }

    /// Returns: whether the operation ended of itself, as it must once its work is done.
    bool ends(contract_wait& wait) {
        const bool ended = at().run_until([&] { return wait.resumed() != 0; });
        expect(ended, "the waiter was never resumed");
        return ended;
    }

    void expect_success(contract_wait& wait) {
        if (!ends(wait)) return;
        expect(!wait.error(), "an operation whose work was done ended with an error");
        expect_told_once(wait);
    }

    /// After an ask: the operation ends with its reason, or the work is done after all.
    void expect_reason_or_success(contract_wait& wait, std::error_code reason) {
        const auto over = [&] { return wait.resumed() != 0; };
        if (!soon(over)) {
            complete();
            if (!ends(wait)) return;
        }
        expect(!wait.error() || wait.error() == reason,
               "it ended with something else than the reason of the ask");
        expect_told_once(wait);
    }

    void expect_told_once(contract_wait& wait) {
        at().run_until_idle();
        expect(wait.resumed() == 1, "the waiter was resumed more than once");
    }

    void expect_works_again() {
        const wait_pointer next = start();
        complete();
        expect_success(*next);
    }

  private:
    contract_world& world_;
    const char* rule_;
    std::vector<contract_failure>& failures_;
};

void waits_for_its_provider(trial& on) {
    const wait_pointer wait = on.start();
    on.at().advance(1h);
    on.expect(wait->resumed() == 0, "the waiter was resumed before its provider was done");
    on.complete();
    on.expect_success(*wait);
}

std::vector<wait_pointer> start_many(trial& on, std::size_t wanted) {
    std::vector<wait_pointer> waits(on.at_once(wanted));
    for (wait_pointer& each : waits) each = on.start();
    return waits;
}

void ends_one_by_one(trial& on) {
    const std::vector<wait_pointer> waits = start_many(on, 100);
    for (std::size_t i = 0; i < waits.size(); ++i) on.complete();
    for (const auto& each : waits) on.expect_success(*each);
    on.expect(on.at().pending() == 0, "an operation is still counted as pending");
}

void begins_again(trial& on) {
    for (int round = 0; round < 10; ++round) on.expect_works_again();
}

void never_resumes_on_its_own_stack(trial& on) {
    const wait_pointer wait = on.start();
    on.complete();
    on.expect(wait->resumed() == 0, "the waiter ran inside its provider");
    on.expect_success(*wait);
}

void ends_with_the_reason(trial& on) {
    for (const auto reason : {make_error_code(error::canceled), make_error_code(error::stopped)}) {
        const wait_pointer wait = on.start();
        wait->cancel(reason);
        on.expect_reason_or_success(*wait, reason);
        on.expect_works_again();
    }
}

void cancel_is_no_place_to_resume(trial& on) {
    const wait_pointer wait = on.start();
    wait->cancel(make_error_code(error::canceled));
    on.expect(wait->resumed() == 0, "the waiter ran inside the cancel function");
    on.expect_reason_or_success(*wait, make_error_code(error::canceled));
}

void keeps_a_reason_of_ones_own(trial& on) {
    const auto gone = std::make_error_code(std::errc::connection_aborted);
    const wait_pointer wait = on.start();
    wait->cancel(gone);
    on.expect_reason_or_success(*wait, gone);
    on.expect_works_again();
}

void leaves_a_success_alone(trial& on) {
    const wait_pointer wait = on.start();
    on.complete();
    on.at().deliver_posts();
    wait->cancel(make_error_code(error::canceled));
    // A provider with a thread may not have been done yet: then the cancel came first.
    if (!on.ends(*wait)) return;
    on.expect(!wait->error() || wait->error() == make_error_code(error::canceled),
              "it ended neither with success nor with the reason");
    on.expect_told_once(*wait);
}

void cancels_no_other(trial& on) {
    if (on.at_once(3) < 3) return;
    const wait_pointer first = on.start();
    const wait_pointer second = on.start();
    const wait_pointer third = on.start();
    second->cancel(make_error_code(error::canceled));
    on.at().run_until_idle();
    on.expect(first->resumed() == 0 && third->resumed() == 0,
              "a cancel ended an operation that it was not meant for");
    for (int i = 0; i < 2; ++i) on.complete();
    on.expect_reason_or_success(*second, make_error_code(error::canceled));
    if (first->resumed() + third->resumed() < 2) {
        on.soon([&] { return first->resumed() && third->resumed(); });
    }
    // One that declined may have taken a completion; then there is one more to come.
    if (first->resumed() + third->resumed() < 2) on.complete();
    on.expect_success(*first);
    on.expect_success(*third);
}

void fires_at_its_deadline(trial& on) {
    if (!on.has_deadlines()) return;
    const wait_pointer wait = on.start(5ms);
    on.at().advance(5ms - 1ns);
    on.expect(wait->resumed() == 0, "it ended before its deadline");
    on.at().advance(1ns);
    on.expect_reason_or_success(*wait, make_error_code(error::timed_out));
    on.expect_works_again();
}

void forgets_its_deadline(trial& on) {
    if (!on.has_deadlines()) return;
    const wait_pointer wait = on.start(5ms);
    on.complete();
    on.expect_success(*wait);
    on.expect(on.at().timers().empty(), "the deadline stayed armed after the end");
    const wait_pointer next = on.start();
    on.at().advance(1h);
    on.expect(next->resumed() == 0, "the deadline of one operation ended the next");
    on.complete();
    on.expect_success(*next);
}

void tries_once(trial& on) {
    if (!on.has_deadlines()) return;
    const wait_pointer wait = on.start(0ms);
    on.expect_reason_or_success(*wait, make_error_code(error::timed_out));
    on.expect_works_again();
}

void keeps_the_first_reason(trial& on) {
    if (!on.has_deadlines()) return;
    const wait_pointer wait = on.start(5ms);
    on.at().time.advance(5ms);
    on.at().fire_due();
    wait->cancel(make_error_code(error::canceled));
    const auto over = [&] { return wait->resumed() != 0; };
    if (!on.soon(over)) {
        on.complete();
        if (!on.ends(*wait)) return;
    }
    // After a decline it is the reason of the ask that was accepted.
    on.expect(!wait->error() || wait->error() == make_error_code(error::timed_out) ||
                  wait->error() == make_error_code(error::canceled),
              "it ended with a reason that nobody gave");
    on.expect_told_once(*wait);
}

void ends_with_its_home(trial& on) {
    const std::vector<wait_pointer> waits = start_many(on, 20);
    on.at().stop();
    for (const auto& each : waits)
        on.expect_reason_or_success(*each, make_error_code(error::stopped));
}

void survives_its_waiter(trial& on) {
    on.start().reset();
    on.expect(on.at().pending() == 0, "a destroyed operation is still pending");
    on.expect(on.at().timers().empty(), "a destroyed operation left a deadline behind");
    on.at().run_until_idle();
    on.expect_works_again();
}

void survives_a_waiter_that_was_not_told(trial& on) {
    wait_pointer wait = on.start();
    on.complete();
    wait.reset();
    on.at().run_until_idle();
    on.expect(on.at().pending() == 0, "a destroyed operation is still pending");
}

struct rule {
    const char* sentence;
    void (*test)(trial&);
};

constexpr rule rules[] = {
    {"an operation waits until its provider finishes it", waits_for_its_provider},
    {"each operation ends exactly once", ends_one_by_one},
    {"an operation that ended can be begun again", begins_again},
    {"the waiter never runs on its provider's stack", never_resumes_on_its_own_stack},
    {"a cancelled operation ends with the reason, or is declined", ends_with_the_reason},
    {"the waiter never runs inside the cancel function", cancel_is_no_place_to_resume},
    {"a reason of one's own arrives as it was given", keeps_a_reason_of_ones_own},
    {"a cancel does not rewrite a success", leaves_a_success_alone},
    {"a cancel reaches the operation it is meant for", cancels_no_other},
    {"a deadline ends the operation at its time", fires_at_its_deadline},
    {"a deadline ends with its operation", forgets_its_deadline},
    {"a zero timeout tries once", tries_once},
    {"of two asks one is answered", keeps_the_first_reason},
    {"a home that stops ends its operations with stopped", ends_with_its_home},
    {"a pending operation can be destroyed", survives_its_waiter},
    {"an operation can be destroyed before its waiter is told",
     survives_a_waiter_that_was_not_told},
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const contract_failure& failure) {
    return out << failure.rule << ": " << failure.what;
}

std::vector<contract_failure> run_contract_suite(contract_world_maker make) {
    std::vector<contract_failure> failures;
    for (const rule& each : rules) {
        const std::unique_ptr<contract_world> world = make();
        trial on(*world, each.sentence, failures);
        each.test(on);
    }
    return failures;
}

}  // namespace lariat::testing
