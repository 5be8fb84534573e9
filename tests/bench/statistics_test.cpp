#include "bench/statistics.hpp"

#include <cstdint>
#include <limits>
#include <ostream>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using bench::spread;
using bench::spread_of;
using values = std::vector<double>;

/// Around `middle`, none of them equal.
values rounds_around(double middle, std::size_t count = 15) {
    values made;
    for (std::size_t i = 0; i < count; ++i) {
        const auto place = static_cast<double>(i * 7 % count) / static_cast<double>(count);
        made.push_back(middle * (0.99 + 0.02 * place));
    }
    return made;
}

/// Of the same numbers every time, evenly between 0 and 1.
class chance {
  public:
    values rounds(std::size_t count) {
        values made(count);
        for (double& each : made) {
            state_ = state_ * 6364136223846793005 + 1442695040888963407;
            // Never 0: no round takes no time.
            each = (static_cast<double>(state_ >> 33) + 1) / 2147483649.0;
        }
        return made;
    }

  private:
    std::uint64_t state_ = 1;
};

}  // namespace

TEST_CASE("the median is the middle value, or between the two in the middle") {
    CHECK(bench::median_of({}) == 0);
    CHECK(bench::median_of({3}) == 3);
    CHECK(bench::median_of({9, 1, 5}) == 5);
    CHECK(bench::median_of({4, 1, 3, 100}) == 3.5);
}

TEST_CASE("rounds that are all alike have an interval of no width") {
    const spread found = spread_of(values(15, 80.0));

    CHECK(found.median == 80);
    CHECK(found.low == 80);
    CHECK(found.high == 80);
    CHECK(found.sure);
}

TEST_CASE("the interval holds the median and lies within the rounds") {
    const values rounds{10, 12, 11, 10.5, 13, 30, 11.5, 10.2, 12.2, 11.1, 9};

    const spread found = spread_of(rounds);

    CHECK(found.median == 11.1);
    CHECK(found.low < 11.1);
    CHECK(found.high > 11.1);
    CHECK(found.low >= 9);
    CHECK(found.high < 30);
}

TEST_CASE("the interval is between two of the rounds, as the sign test has it") {
    const spread of_six = spread_of({6, 1, 5, 2, 4, 3});
    const spread of_fifteen = spread_of({15, 1, 14, 2, 13, 3, 12, 4, 11, 5, 10, 6, 9, 7, 8});

    CHECK(of_six.low == 1);
    CHECK(of_six.high == 6);
    CHECK(of_fifteen.low == 4);
    CHECK(of_fifteen.high == 12);
}

TEST_CASE("of very many rounds there is an interval, too") {
    const spread found = spread_of(rounds_around(100, 100'000));

    CHECK(found.sure);
    CHECK(found.low < found.median);
    CHECK(found.high > found.median);
    CHECK(found.high - found.low < 0.1);
}

TEST_CASE("what is no number takes no part in any figure") {
    const double none = std::numeric_limits<double>::quiet_NaN();
    const double endless = std::numeric_limits<double>::infinity();

    const spread found = spread_of({none, 2, endless, 1, 3, none});

    CHECK(bench::median_of({none, 4, 2, endless, 3}) == 3);
    CHECK(found.median == 2);
    CHECK(found.low == 1);
    CHECK(found.high == 3);
    CHECK_FALSE(found.sure);
    CHECK(bench::ratios_of(values{0, 1, 6}, values{0, 0, 3}) == values{2});
}

TEST_CASE("more rounds of the same kind make the interval narrower") {
    const spread few = spread_of(rounds_around(100, 9));
    const spread many = spread_of(rounds_around(100, 401));

    CHECK(many.high - many.low < few.high - few.low);
}

TEST_CASE("the interval holds the true median in 95 of 100 trials, however few the rounds") {
    for (const std::size_t count : {6U, 7U, 9U, 15U, 31U}) {
        chance random;
        int held = 0;

        for (int trial = 0; trial < 4000; ++trial) {
            const spread found = spread_of(random.rounds(count));
            held += found.low <= 0.5 && found.high >= 0.5;
        }

        CAPTURE(count);
        MESSAGE("held in ", held, " of 4000");
        // Two deviations below what is promised.
        CHECK(held >= 3773);
        CHECK(held <= 3990);
    }
}

TEST_CASE("of two runs without a difference 95 of 100 have an interval that holds 1") {
    for (const auto& [before, after] : {std::pair{6U, 6U}, {15U, 15U}, {9U, 31U}, {40U, 40U}}) {
        chance random;
        int held = 0;

        for (int trial = 0; trial < 1000; ++trial) {
            const spread found = bench::change_of(random.rounds(before), random.rounds(after));
            held += found.low <= 1 && found.high >= 1;
        }

        CAPTURE(before);
        CAPTURE(after);
        MESSAGE("held in ", held, " of 1000");
        CHECK(held >= 936);
        CHECK(held <= 985);
    }
}

TEST_CASE("the surer a change is to be, the wider its interval, until no rounds suffice") {
    const values before = rounds_around(100);
    const values after = rounds_around(110);

    const spread usual = bench::change_of(before, after);
    const spread surer = bench::change_of(before, after, 0.0002);

    CHECK(surer.sure);
    CHECK(surer.low < usual.low);
    CHECK(surer.high > usual.high);
    CHECK(bench::change_of(rounds_around(100, 6), rounds_around(110, 6)).sure);
    CHECK_FALSE(bench::change_of(rounds_around(100, 6), rounds_around(110, 6), 0.0002).sure);
}

TEST_CASE("with fewer than six rounds the extremes are told, and no verdict") {
    const spread found = spread_of({3, 1, 2});

    CHECK(found.low == 1);
    CHECK(found.high == 3);
    CHECK_FALSE(found.sure);
    CHECK(bench::verdict_of(found) == "too few rounds");
}

TEST_CASE("a ratio is taken round by round, so that what disturbs both drops out") {
    const values ours{20, 200, 22, 20, 2000, 21};
    const values theirs{10, 100, 11, 10, 1000, 10.5};

    const spread ratio = spread_of(bench::ratios_of(ours, theirs));

    CHECK(ratio.low == 2);
    CHECK(ratio.high == 2);
}

TEST_CASE("the verdict is faster or slower only where the interval leaves out 1") {
    CHECK(bench::verdict_of({0.9, 0.85, 0.95, true}) == "faster");
    CHECK(bench::verdict_of({1.1, 1.05, 1.2, true}) == "slower");
    CHECK(bench::verdict_of({0.98, 0.9, 1.02, true}) == "within noise");
    CHECK(bench::verdict_of({0.98, 0.9, 1.0, true}) == "within noise");
}

TEST_CASE("two runs of the same speed have changed by nothing") {
    const spread change = bench::change_of(rounds_around(100), rounds_around(100));

    CHECK(change.median == 1);
    CHECK(bench::verdict_of(change) == "within noise");
}

TEST_CASE("a run that takes twice as long has changed by two") {
    const spread change = bench::change_of(rounds_around(100), rounds_around(200));

    CHECK(change.median == doctest::Approx(2));
    CHECK(change.low > 1.9);
    CHECK(change.high < 2.1);
    CHECK(bench::verdict_of(change) == "slower");
}

TEST_CASE("a run of too few rounds tells of no change") {
    const spread change = bench::change_of(rounds_around(100), values{200, 201});

    CHECK_FALSE(change.sure);
    CHECK(change.low < change.high);
}
