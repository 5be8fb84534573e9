#include "runtime/select.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/fake_provider.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/channel.hpp"
#include "runtime/event.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto stopped = make_error_code(io::error::stopped);

using numbers = io::channel<int>;

void fill(numbers& to, int count) {
    for (int i = 0; i < count; ++i) to.try_send(i);
}

io::task<io::result<int>> answers(bool& ran, int value) {
    ran = true;
    co_await io::yield();
    co_return value;
}

/// Chooses so many times, and notes from whom.
io::task<> chooses(numbers& x, numbers& y, int times, std::string& order) {
    for (int i = 0; i < times; ++i) {
        const auto next = co_await io::select(x.receive(), y.receive());
        order += next.index == 0 ? 'x' : 'y';
        // One at a time.
        CHECK(std::get<0>(next.results).has_value() == (next.index == 0));
        CHECK(std::get<1>(next.results).has_value() == (next.index == 1));
    }
}

}  // namespace

TEST_CASE("of two channels that always have something select takes from both in turn") {
    manual_home at;
    numbers x(io::unbounded), y(io::unbounded);
    fill(x, 100);
    fill(y, 100);
    std::string order;

    running all(at, chooses(x, y, 100, order));
    at.run_until_idle();

    CHECK(x.size() == 50);
    CHECK(y.size() == 50);
    for (std::size_t i = 1; i < order.size(); ++i) CHECK(order[i] != order[i - 1]);
}

TEST_CASE("two selects that take turns with each other each take from both in turn") {
    manual_home at;
    numbers x(io::unbounded), y(io::unbounded), u(io::unbounded), v(io::unbounded);
    for (numbers* each : {&x, &y, &u, &v}) fill(*each, 100);
    std::string one, other;
    auto both = [&]() -> io::task<> {
        for (int i = 0; i < 50; ++i) {
            // Their frames may well be at the same place.
            co_await chooses(x, y, 1, one);
            co_await chooses(u, v, 1, other);
        }
    };

    running all(at, both());
    at.run_until_idle();

    // Two that fall on one place of the rotation begin by chance: about half each.
    for (const numbers* each : {&x, &y, &u, &v}) {
        CHECK(each->size() >= 60);
        CHECK(each->size() <= 90);
    }
}

TEST_CASE("of three the two that have something are taken from equally") {
    manual_home at;
    numbers x(io::unbounded), y(io::unbounded), never(io::unbounded);
    fill(x, 100);
    fill(y, 100);
    auto body = [&]() -> io::task<> {
        for (int i = 0; i < 100; ++i)
            (void)co_await io::select(x.receive(), y.receive(), never.receive());
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(x.size() == 50);
    CHECK(y.size() == 50);
}

TEST_CASE("once a member is done at once no more are begun, and a task then has not run") {
    manual_home at;
    fake_provider ready(at, fake_kind::finishes_in_start);
    fake_operation first(ready), second(ready);
    bool ran = false;
    int never_begun = 0;
    auto body = [&]() -> io::task<> {
        for (int i = 0; i < 30; ++i) {
            ran = false;
            const auto before = ready.started();
            const auto next = co_await io::select(first, second, answers(ran, 5));
            const auto& [one, other, task] = next.results;
            CHECK(ready.started() - before == 1);
            if (next.index != 0) CHECK(one.error() == canceled);
            if (next.index != 1) CHECK(other.error() == canceled);
            // When it was its turn it had begun before the first was done, and was cancelled; it
            // has ignored that.
            if (ran) CHECK(next.index == 0);
            CHECK(task.error() == (ran ? std::error_code() : canceled));
            never_begun += !ran;
        }
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(never_begun >= 14);
}

TEST_CASE("what was begun in vain is cancelled and waited for") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation slow(provider);
    numbers x(1);
    auto body = [&]() -> io::task<std::error_code> {
        const auto next = co_await io::select(slow, x.receive());
        CHECK(next.index == 1);
        co_return std::get<0>(next.results).error();
    };
    running all(at, body());
    at.run_until_idle();

    x.try_send(1);
    at.run_until_idle();
    const bool early = all.done();
    provider.give_up();
    at.run_until_idle();

    CHECK(!early);
    CHECK(all.take() == canceled);
    CHECK(provider.asked() == std::vector{canceled});
}

TEST_CASE("a deadline beside a receive ends it, and a value ends the deadline") {
    manual_home at;
    numbers x(1);
    std::string order;
    auto body = [&]() -> io::task<> {
        for (int i = 0; i < 2; ++i) {
            const auto next = co_await io::select(x.receive(), io::sleep_for(5ms));
            order += next.index == 0 ? 'x' : 't';
        }
    };
    running all(at, body());
    at.advance(5ms);
    CHECK(order == "t");
    x.try_send(1);
    at.run_until_idle();

    CHECK(order == "tx");
    CHECK(at.timers().empty());
}

TEST_CASE("a send that has room beside a receive that has nothing is taken, and the other way") {
    manual_home at;
    numbers out(1), in(1);
    std::string order;
    auto body = [&]() -> io::task<> {
        int value = 7;
        for (int i = 0; i < 2; ++i) {
            const auto next = co_await io::select(out.send(value), in.receive());
            order += next.index == 0 ? 's' : 'r';
        }
    };
    running all(at, body());
    at.run_until_idle();
    CHECK(order == "s");
    in.try_send(1);
    at.run_until_idle();

    CHECK(order == "sr");
    CHECK(out.size() == 1);
    CHECK(in.size() == 0);
}

TEST_CASE("tasks are members, and their values are kept") {
    manual_home at;
    bool ran = false, also_ran = false;
    auto nothing = [&]() -> io::task<> {
        co_await io::yield();
        co_await io::yield();
    };
    auto body = [&]() -> io::task<int> {
        auto next = co_await io::select(nothing(), answers(ran, 5), answers(also_ran, 6));
        // All were begun in this turn; those that ignore the cancel keep what they have.
        CHECK(next.index != 0);
        CHECK(next.get<0>());
        co_return *next.get<1>() + *next.get<2>();
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(all.take() == 11);
}

TEST_CASE("what a member throws is rethrown when all are over") {
    manual_home at;
    numbers x(1);
    std::string caught;
    auto throws = []() -> io::task<> {
        co_await io::yield();
        throw std::runtime_error("thrown");
    };
    auto body = [&]() -> io::task<> {
        try {
            (void)co_await io::select(throws(), x.receive());
        } catch (const std::runtime_error& thrown) {
            caught = thrown.what();
        }
    };

    running all(at, body());
    at.run_until_idle();

    CHECK(caught == "thrown");
    CHECK(x.try_send(1));
    CHECK(x.size() == 1);
}

TEST_CASE("on a cancelled strand nothing is begun, and all members yield its reason") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_at_once);
    fake_operation operation(provider);
    numbers x(1);
    x.try_send(1);
    bool ran = false;
    auto body = [&]() -> io::task<> {
        const auto next = co_await io::select(operation, x.receive(), answers(ran, 1));
        const auto& [one, other, task] = next.results;
        CHECK(one.error() == stopped);
        CHECK(other.error() == stopped);
        CHECK(task.error() == stopped);
    };

    running all(at, body());
    all.cancel(stopped);
    at.run_until_idle();

    CHECK(all.done());
    CHECK(provider.started() == 0);
    CHECK(x.size() == 1);
    CHECK(!ran);
}

TEST_CASE("a cancel from outside ends every member with its reason, and takes nothing") {
    manual_home at;
    numbers x(1), y(1);
    auto body = [&]() -> io::task<> {
        const auto next = co_await io::select(x.receive(), y.receive());
        CHECK(std::get<0>(next.results).error() == stopped);
        CHECK(std::get<1>(next.results).error() == stopped);
    };
    running all(at, body());
    at.run_until_idle();

    all.cancel(stopped);
    x.try_send(1);
    at.run_until_idle();

    CHECK(all.done());
    CHECK(x.size() == 1);
}

TEST_CASE(
    "a cancel after two members were promised a value leaves one with it, the other gives back") {
    manual_home at;
    numbers x(1), y(1);
    std::string taken;
    auto body = [&]() -> io::task<> {
        const auto next = co_await io::select(x.receive(), y.receive());
        taken += std::get<0>(next.results) ? "x" : "";
        taken += std::get<1>(next.results) ? "y" : "";
        CHECK(std::get<1>(next.results).error() == stopped);
    };
    running all(at, body());
    at.run_until_idle();

    x.try_send(1);
    y.try_send(1);
    all.cancel(stopped);
    at.run_until_idle();

    CHECK(taken == "x");
    CHECK(x.size() == 0);
    CHECK(y.size() == 1);
}

TEST_CASE("a range is selected from in turn, and says which of them it was") {
    manual_home at;
    std::vector<std::unique_ptr<numbers>> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(std::make_unique<numbers>(io::unbounded));
        if (i != 2) fill(*all.back(), 30);
    }
    std::vector<int> taken(4);
    auto body = [&]() -> io::task<> {
        for (int i = 0; i < 30; ++i) {
            std::vector<numbers::receive_description> parts;
            for (const auto& each : all) parts.push_back(each->receive());
            const auto next = co_await io::select(std::move(parts));
            ++taken[next.index];
            for (std::size_t k = 0; k < 4; ++k)
                CHECK(next.results[k].has_value() == (k == next.index));
        }
    };

    running choosing(at, body());
    at.run_until_idle();

    CHECK(taken == std::vector{10, 10, 0, 10});
}

TEST_CASE("a suspended select may be destroyed, decided or not") {
    manual_home at;
    fake_provider provider(at, fake_kind::accepts_later);
    fake_operation slow(provider);
    numbers x(1);
    auto body = [&]() -> io::task<> { (void)co_await io::select(slow, x.receive()); };
    {
        running undecided(at, body());
        at.run_until_idle();
    }
    {
        running decided(at, body());
        at.run_until_idle();
        x.try_send(1);
        at.run_until_idle();
        CHECK(!decided.done());
    }

    CHECK(provider.pending() == 0);
    CHECK(x.size() == 1);
    CHECK(at.idle());
}
