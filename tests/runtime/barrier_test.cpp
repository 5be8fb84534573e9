#include "runtime/barrier.hpp"

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
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

io::task<> rounds(io::barrier& all, std::string& order, char name, int times) {
    for (int i = 0; i < times; ++i) {
        order += name;
        if (!co_await all.arrive_and_wait()) co_return;
    }
}

}  // namespace

TEST_CASE("a barrier lets all go when the last has come, round after round") {
    manual_home at;
    io::barrier both(2);
    std::string order;
    running one(at, rounds(both, order, 'a', 3));
    at.run_until_idle();
    CHECK(order == "a");
    CHECK(both.arrived() == 1);

    running two(at, rounds(both, order, 'b', 3));
    at.run_until_idle();

    CHECK(order.size() == 6);
    for (std::size_t i = 0; i < 6; i += 2) CHECK(order[i] != order[i + 1]);
    CHECK(both.arrived() == 0);
}

TEST_CASE("who gave up, or was destroyed, has not arrived") {
    manual_home at;
    io::barrier both(2);
    std::string order;
    running cancelled(at, rounds(both, order, 'c', 1));
    at.run_until_idle();
    cancelled.cancel();
    at.run_until_idle();
    CHECK(both.arrived() == 0);
    auto destroyed = std::make_unique<running<>>(at, rounds(both, order, 'd', 1));
    at.run_until_idle();
    destroyed.reset();
    CHECK(both.arrived() == 0);

    running one(at, rounds(both, order, '1', 1));
    at.run_until_idle();
    CHECK(!one.done());
    running two(at, rounds(both, order, '2', 1));
    at.run_until_idle();
    CHECK(one.done());
    CHECK(two.done());
}

TEST_CASE("one that drops out is not waited for") {
    manual_home at;
    io::barrier three(3);
    std::string order;
    running one(at, rounds(three, order, '1', 2));
    running two(at, rounds(three, order, '2', 2));
    at.run_until_idle();
    CHECK(!one.done());

    three.drop();
    at.run_until_idle();

    CHECK(one.done());
    CHECK(two.done());
    CHECK(dies_with("barrier: for nobody", [] { io::barrier none(0); }));
}
