#include "runtime/timer.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "tests/dies_with.hpp"
#include "tests/stress/rounds.hpp"

using namespace std::chrono_literals;
using lariat::never;
using lariat::time_point;
using lariat::timer_queue;

namespace {

struct wake_up final : lariat::timed_waiter {
    void expire() noexcept override {}
    void cancel(std::error_code) noexcept override {}
    void describe(lariat::wait_report&) const override {}
};

time_point at(std::int64_t nanoseconds) {
    return time_point(std::chrono::nanoseconds(nanoseconds));
}

/// The queue and a model of it: what is armed, by its deadline.
class compared {
  public:
    explicit compared(std::uint64_t seed) : random_(seed), wake_ups_(3000) {}

    void step() {
        wake_up& one = wake_ups_[random_() % wake_ups_.size()];
        switch (random_() % 4) {
            case 0:
            case 1:
                if (!one.armed()) return arm(one);
                return disarm(one);
            case 2:
                return pop();
            default:
                return look();
        }
    }

    bool agree() const { return agree_; }

    void finish() {
        while (!model_.empty()) pop();
        agree_ = agree_ && queue_.empty() && queue_.pop_due(never) == nullptr;
    }

  private:
    void arm(wake_up& one) {
        // Few different deadlines, so that equal ones are common.
        const time_point due = at(static_cast<std::int64_t>(random_() % 500));
        agree_ = agree_ && queue_.arm(one, due) && one.armed() && one.due() == due;
        model_.emplace(due, &one);
    }

    void disarm(wake_up& one) {
        const auto [first, last] = model_.equal_range(one.due());
        for (auto each = first; each != last; ++each) {
            if (each->second != &one) continue;
            model_.erase(each);
            break;
        }
        queue_.disarm(one);
        agree_ = agree_ && !one.armed();
    }

    void pop() {
        if (model_.empty()) {
            agree_ = agree_ && queue_.pop_due(never - 1ns) == nullptr;
            return;
        }
        const time_point nearest = model_.begin()->first;
        agree_ = agree_ && queue_.pop_due(nearest - 1ns) == nullptr;
        auto* popped = static_cast<wake_up*>(queue_.pop_due(nearest));
        agree_ = agree_ && popped && !popped->armed() && popped->due() == nearest;
        const auto [first, last] = model_.equal_range(nearest);
        for (auto each = first; each != last; ++each) {
            if (each->second != popped) continue;
            model_.erase(each);
            return;
        }
        agree_ = false;
    }

    void look() {
        agree_ = agree_ && queue_.size() == model_.size() && queue_.empty() == model_.empty() &&
                 queue_.next() == (model_.empty() ? never : model_.begin()->first);
    }

    std::mt19937_64 random_;
    timer_queue queue_;
    std::vector<wake_up> wake_ups_;
    std::multimap<time_point, wake_up*> model_;
    bool agree_ = true;
};

}  // namespace

TEST_CASE("timers are due nearest first") {
    wake_up a, b, c;
    timer_queue queue;
    CHECK(queue.arm(a, at(30)));
    CHECK(queue.arm(b, at(10)));
    CHECK(queue.arm(c, at(20)));

    CHECK(queue.next() == at(10));
    CHECK(queue.pop_due(at(9)) == nullptr);
    CHECK(queue.pop_due(at(10)) == &b);
    CHECK(queue.pop_due(at(100)) == &c);
    CHECK(queue.pop_due(at(100)) == &a);
    CHECK(queue.pop_due(at(100)) == nullptr);
    CHECK(queue.next() == never);
}

TEST_CASE("a timer that was disarmed is not due") {
    wake_up a, b;
    timer_queue queue;
    CHECK(queue.arm(a, at(10)));
    CHECK(queue.arm(b, at(20)));

    queue.disarm(a);

    CHECK(!a.armed());
    CHECK(queue.next() == at(20));
    queue.disarm(b);
    CHECK(queue.empty());
}

TEST_CASE("a deadline of never arms nothing and succeeds") {
    wake_up a;
    timer_queue queue;

    CHECK(queue.arm(a, never));

    CHECK(!a.armed());
    CHECK(queue.empty());
}

TEST_CASE("a timer queue agrees with a sorted map, whatever is done to both") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        compared both(seed);

        for (std::uint64_t step = 0; step < rounds(100'000); ++step) both.step();
        both.finish();

        CHECK(both.agree());
    }
}

TEST_CASE("a hundred thousand equal deadlines all become due") {
    std::vector<wake_up> wake_ups(100'000);
    timer_queue queue;
    for (auto& each : wake_ups) REQUIRE(queue.arm(each, at(5)));

    std::size_t due = 0;
    while (queue.pop_due(at(5))) ++due;

    CHECK(due == wake_ups.size());
}

TEST_CASE("arming an armed timer, or disarming an unarmed one, is caught") {
    const bool armed_twice = dies_with("already armed", [] {
        wake_up a;
        timer_queue queue;
        (void)queue.arm(a, at(1));
        (void)queue.arm(a, at(2));
    });
    const bool not_armed = dies_with("not armed", [] {
        wake_up a;
        timer_queue queue;
        queue.disarm(a);
    });

    CHECK(armed_twice);
    CHECK(not_armed);
}
