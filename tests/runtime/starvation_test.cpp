#include <chrono>
#include <ostream>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/event.hpp"
#include "runtime/select.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/yield.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

/// Coroutines that would keep their thread for themselves, if they were let.
struct greedy {
    const char* name;
    io::task<> (*run)(fake_provider& ready, const bool& enough);
};

io::task<> yields(fake_provider&, const bool& enough) {
    while (!enough) co_await io::yield();
}

io::task<> completes_at_once(fake_provider& ready, const bool& enough) {
    fake_operation operation(ready);
    while (!enough) (void)co_await operation;
}

io::task<> races_at_once(fake_provider& ready, const bool& enough) {
    fake_operation one(ready), other(ready);
    while (!enough) (void)co_await io::when_any(one, other);
}

io::task<> awaits_tasks(fake_provider&, const bool& enough) {
    auto child = []() -> io::task<> { co_return; };
    while (!enough) co_await child();
}

io::task<> sleeps_for_nothing(fake_provider&, const bool& enough) {
    while (!enough) (void)co_await io::sleep_for(0s);
}

io::task<> ignores_the_event(fake_provider&, const bool& enough) {
    io::event set;
    set.set();
    while (!enough) (void)co_await set.wait();
}

io::task<> receives_what_is_there(fake_provider&, const bool& enough) {
    io::concurrent_channel<int> numbers(1);
    while (!enough) {
        numbers.try_send(1);
        (void)co_await numbers.receive();
    }
}

io::task<> selects_at_once(fake_provider& ready, const bool& enough) {
    fake_operation one(ready), other(ready);
    while (!enough) (void)co_await io::select(one, other);
}

constexpr greedy all_kinds[] = {
    {"yields", yields},
    {"completes at once", completes_at_once},
    {"races at once", races_at_once},
    {"awaits tasks", awaits_tasks},
    {"sleeps for nothing", sleeps_for_nothing},
    {"waits for what is set", ignores_the_event},
    {"receives what is there", receives_what_is_there},
    {"selects at once", selects_at_once},
};

/// What others wait for, and how many turns of the home it may take.
struct bystanders {
    bool slept = false;
    bool answered = false;
    bool posted = false;
};

io::task<> sleeps(bool& done) {
    (void)co_await io::sleep_for(10ms);
    done = true;
}

io::task<> waits(fake_operation& operation, bool& done) {
    (void)co_await operation;
    done = true;
}

/// Returns: how many turns passed from where all three may go on to where they did.
std::uint64_t turns_until_all_went_on(const greedy& kind, std::error_code cancelled_by) {
    manual_home at;
    other_thread elsewhere;
    fake_provider ready(at, fake_kind::finishes_in_start);
    fake_provider slow(at, fake_kind::accepts_at_once);
    fake_operation kernel(slow), foreign(slow);
    bystanders seen;
    bool enough = false;
    running timer(at, sleeps(seen.slept));
    running answer(at, waits(kernel, seen.answered));
    running post(at, waits(foreign, seen.posted));
    at.run_until_idle();
    running hog(at, kind.run(ready, enough));
    if (cancelled_by) hog.cancel(cancelled_by);
    for (int turn = 0; turn < 100; ++turn) at.run_turn();

    const auto start = at.turns();
    at.time.advance(10ms);
    slow.succeed();
    elsewhere.run([&] { slow.succeed(); });
    while (!(seen.slept && seen.answered && seen.posted) && at.turns() - start < 1000)
        at.run_turn();
    const auto turns = at.turns() - start;
    enough = true;
    at.run_until_idle();
    REQUIRE(hog.done());
    return turns;
}

}  // namespace

TEST_CASE("whoever never waits keeps a timer, an answer and a post from elsewhere for one turn") {
    for (const greedy& kind : all_kinds) {
        CAPTURE(std::string(kind.name));
        CHECK(turns_until_all_went_on(kind, {}) <= 2);
    }
}

TEST_CASE("whoever goes on after it was cancelled or stopped keeps no one from running either") {
    for (const auto reason : {io::error::canceled, io::error::stopped}) {
        for (const greedy& kind : all_kinds) {
            CAPTURE(std::string(kind.name));
            CHECK(turns_until_all_went_on(kind, reason) <= 2);
        }
    }
}

TEST_CASE("a turn resumes no more than its budgets allow, whatever completes at once") {
    const io::home_budgets budgets{.resumptions = 10, .immediate = 20, .transfers = 5};
    manual_home at(budgets);
    fake_provider ready(at, fake_kind::finishes_in_start);
    fake_operation operation(ready);
    bool enough = false;
    auto body = [&]() -> io::task<> {
        while (!enough) (void)co_await operation;
    };
    running hog(at, body());

    at.run_turn();
    const auto in_one_turn = ready.started();
    enough = true;
    at.run_until_idle();

    CHECK(in_one_turn == 21);
}

TEST_CASE("whatever the budgets are, one that never waits lets the others go on") {
    for (const io::home_budgets budgets :
         {io::home_budgets{1, 256, 32}, io::home_budgets{4, 256, 32}, io::home_budgets{256, 1, 1},
          io::home_budgets{2, 1, 64}}) {
        CAPTURE(budgets.resumptions);
        manual_home at(budgets);
        fake_provider ready(at, fake_kind::finishes_in_start);
        bool enough = false, went_on = false;
        auto yields_once = [&]() -> io::task<> {
            co_await io::yield();
            went_on = true;
        };

        running hog(at, awaits_tasks(ready, enough));
        running other(at, yields_once());
        for (int turn = 0; turn < 10; ++turn) at.run_turn();

        CHECK(went_on);
        enough = true;
        at.run_until_idle();
        REQUIRE(hog.done());
    }
}

TEST_CASE("a budget of nothing is a mistake with a name") {
    for (const io::home_budgets budgets :
         {io::home_budgets{0, 1, 1}, io::home_budgets{1, 0, 1}, io::home_budgets{1, 1, 0}})
        CHECK(dies_with("home: a budget of less than one", [&] { manual_home at(budgets); }));
}
