#include "runtime/home.hpp"

#include <ostream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "runtime/mutex.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "runtime/yield.hpp"
#include "tests/dies_with.hpp"
#include "tests/faults/detached.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::home;
using lariat::task;

namespace {

struct letter final : lariat::runnable {
    letter(std::string& where, char what) : into(where), name(what) {}
    void run() noexcept override { into += name; }
    void arrive() noexcept override { into += name; }
    std::string& into;
    char name;
};

/// Makes itself ready again, for ever.
struct restless final : lariat::runnable {
    explicit restless(manual_home& where) : at(where) {}
    ~restless() {
        if (linked()) unlink();
    }
    void run() noexcept override {
        ++runs;
        at.make_ready(*this);
    }
    manual_home& at;
    int runs = 0;
};

task<> sleep_and_say(std::string& into, char name, lariat::duration span) {
    const auto slept = co_await lariat::sleep_for(span);
    if (slept) into += name;
}

/// Sleeps as soon as it is told to, and counts who wakes it.
class dozing final : public home {
  public:
    using home::fall_asleep;
    void wake(urgency) noexcept override { ++wakes; }
    int wakes = 0;
};

task<> post_from_here(home& to, letter& what) {
    to.post(what);
    co_return;
}

}  // namespace

TEST_CASE("a turn lets arrive what was posted, then what is due, then runs what is ready") {
    manual_home at;
    std::string order;
    letter ready(order, 'r');
    letter posted(order, 'p');
    running due(at, sleep_and_say(order, 'd', 1ms));
    at.run_until_idle();
    at.make_ready(ready);
    at.post(posted);
    at.time.advance(1ms);

    at.run_turn();

    CHECK(order == "prd");
}

TEST_CASE("one that is always ready does not keep a timer or a post for more than a turn") {
    manual_home at;
    std::string order;
    restless forever(at);
    at.make_ready(forever);
    running due(at, sleep_and_say(order, 't', 10ms));
    at.run_turn();
    letter posted(order, 'p');
    other_thread elsewhere;
    at.time.advance(10ms);
    elsewhere.run([&] { at.post(posted); });

    at.run_turn();

    CHECK(order == "pt");
    CHECK(forever.runs > 256);
    CHECK(forever.runs <= 512);
}

TEST_CASE("a post from another thread wakes a home that sleeps") {
    manual_home at;
    std::string order;
    for (int round = 0; round < 300; ++round) {
        letter posted(order, 'p');
        const std::size_t before = order.size();

        std::thread elsewhere([&] { at.post(posted); });
        const bool arrived = at.run_until([&] { return order.size() > before; });
        elsewhere.join();

        CHECK(arrived);
    }
}

TEST_CASE("a wake that one thread's ring still holds back does not delay what others post") {
    dozing at;
    std::string order;
    letter letters[] = {{order, '1'}, {order, '2'}, {order, '3'}, {order, '4'}, {order, '5'}};
    other_thread without_ring;
    other_thread with_ring;
    std::vector<int> wakes;
    auto body = [&]() -> task<> {
        at.post(letters[0]);
        wakes.push_back(at.wakes);
        at.post(letters[1]);
        wakes.push_back(at.wakes);
        with_ring.run([&] { lariat::run(post_from_here(at, letters[2])); });
        wakes.push_back(at.wakes);
        without_ring.run([&] { at.post(letters[3]); });
        wakes.push_back(at.wakes);
        without_ring.run([&] { at.post(letters[4]); });
        wakes.push_back(at.wakes);
        co_return;
    };
    REQUIRE(at.fall_asleep());

    lariat::run(body());

    CHECK(wakes == std::vector{1, 1, 2, 2, 2});
    at.flush();
    CHECK(order == "12345");
}

TEST_CASE("flush lets arrive what was posted, and runs nothing") {
    manual_home at;
    std::string order;
    letter ready(order, 'r');
    letter posted(order, 'p');
    at.make_ready(ready);
    at.post(posted);

    at.flush();

    CHECK(order == "p");
    at.run_turn();
    CHECK(order == "pr");
}

TEST_CASE("a home knows its own thread, and is the current one only there") {
    manual_home at;
    bool elsewhere_at_home = true;
    other_thread elsewhere;

    elsewhere.run([&] { elsewhere_at_home = at.on_this_thread() || lariat::here.at != nullptr; });

    CHECK(at.on_this_thread());
    CHECK(&home::current() == &at);
    CHECK(!elsewhere_at_home);
}

TEST_CASE("of two homes on a thread the one made last is current, until it ends") {
    manual_home outer;
    {
        manual_home inner;
        CHECK(&home::current() == &inner);
    }

    CHECK(&home::current() == &outer);
}

TEST_CASE("asking for the current home where there is none is caught") {
    CHECK(dies_with("no scheduler runs on this thread", [] { (void)home::current(); }));
}

TEST_CASE("a wait where there is no home is caught, also for what is free") {
    const bool caught = dies_with("no scheduler runs on this thread", [] {
        lariat::mutex free;
        auto locks = [&]() -> detached {
            const auto held = co_await free.lock();
            std::ignore = held;
        };
        locks();
    });

    CHECK(caught);
}

TEST_CASE("flushing from another thread is caught") {
    const bool caught = dies_with("flushed from a thread that is not its own", [] {
        manual_home at;
        other_thread elsewhere;
        elsewhere.run([&] { at.flush(); });
    });

    CHECK(caught);
}

TEST_CASE("posting what cannot arrive is caught") {
    const bool caught = dies_with("posted something that cannot arrive", [] {
        manual_home at;
        restless ready_only(at);
        at.post(ready_only);
        at.run_turn();
    });

    CHECK(caught);
}
