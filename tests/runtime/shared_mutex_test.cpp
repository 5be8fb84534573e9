#include "runtime/shared_mutex.hpp"

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/event.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

struct scene {
    io::shared_mutex lock;
    std::string order;
    io::event leave;

    io::task<> reads(char name) {
        const auto held = co_await lock.lock_shared();
        if (!held) co_return;
        order += name;
        (void)co_await leave.wait();
    }
    io::task<> writes(char name) {
        const auto held = co_await lock.lock();
        if (!held) co_return;
        order += name;
        (void)co_await leave.wait();
    }
};

}  // namespace

TEST_CASE("readers share, a writer is alone, and a reader behind it waits for it") {
    manual_home at;
    scene all;
    running one(at, all.reads('1'));
    running two(at, all.reads('2'));
    running writer(at, all.writes('w'));
    running behind(at, all.reads('3'));
    at.run_until_idle();
    CHECK(all.order == "12");
    CHECK(!all.lock.try_lock_shared());
    CHECK(!all.lock.try_lock());

    all.leave.set();
    at.run_until_idle();

    CHECK(all.order == "12w3");
    CHECK(all.lock.try_lock());
}

TEST_CASE("when the writer that they wait behind gives up, readers go on") {
    manual_home at;
    scene all;
    running one(at, all.reads('1'));
    running writer(at, all.writes('w'));
    running behind(at, all.reads('2'));
    at.run_until_idle();

    writer.cancel();
    at.run_until_idle();

    CHECK(all.order == "12");
    all.leave.set();
    at.run_until_idle();
}
