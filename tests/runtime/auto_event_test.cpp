#include "runtime/auto_event.hpp"

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/concurrent_auto_event.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

template <class Event>
io::task<> waits(Event& subject, std::string& order, char name) {
    const auto came = co_await subject.wait();
    if (came) order += name;
}

}  // namespace

TEST_CASE_TEMPLATE("each set of an auto_event lets one go, the oldest", Event, io::auto_event,
                   io::concurrent_auto_event) {
    manual_home at;
    Event subject;
    std::string order;
    running one(at, waits(subject, order, '1'));
    running two(at, waits(subject, order, '2'));
    at.run_until_idle();

    subject.set();
    at.run_until_idle();
    CHECK(order == "1");
    CHECK(!subject.is_set());
    subject.set();
    at.run_until_idle();
    CHECK(order == "12");
}

TEST_CASE_TEMPLATE("set before anyone waits lets one go, however often it was set", Event,
                   io::auto_event, io::concurrent_auto_event) {
    manual_home at;
    Event subject;
    std::string order;
    subject.set();
    subject.set();

    running one(at, waits(subject, order, '1'));
    running two(at, waits(subject, order, '2'));
    at.run_until_idle();

    CHECK(order == "1");
    two.cancel();
}

TEST_CASE_TEMPLATE("what was set for a wait that is destroyed before its turn is the next one's",
                   Event, io::auto_event, io::concurrent_auto_event) {
    manual_home at;
    Event subject;
    std::string order;
    auto gone = std::make_unique<running<>>(at, waits(subject, order, '1'));
    running two(at, waits(subject, order, '2'));
    at.run_until_idle();

    subject.set();
    gone.reset();
    at.run_until_idle();

    CHECK(order == "2");
}

TEST_CASE_TEMPLATE("a wait that is late or cancelled leaves an auto_event set for the next", Event,
                   io::auto_event, io::concurrent_auto_event) {
    manual_home at;
    Event subject;
    std::error_code how;
    auto late = [&]() -> io::task<> {
        const auto waited = co_await io::within(1ms, subject.wait());
        how = waited.error();
    };
    running one(at, late());
    at.run_until_idle();
    at.advance(1ms);
    at.run_until_idle();
    subject.set();

    CHECK(how == io::error::timed_out);
    CHECK(subject.is_set());
}
