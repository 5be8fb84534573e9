#include "bench/statistics.hpp"

#include <ostream>
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

TEST_CASE("the same rounds and the same seed have the same interval") {
    const values rounds = rounds_around(100);

    const spread first = spread_of(rounds, 7);
    const spread again = spread_of(rounds, 7);

    CHECK(first.low == again.low);
    CHECK(first.high == again.high);
}

TEST_CASE("more rounds of the same kind make the interval narrower") {
    const spread few = spread_of(rounds_around(100, 9));
    const spread many = spread_of(rounds_around(100, 401));

    CHECK(many.high - many.low < few.high - few.low);
}

TEST_CASE("the interval holds the true median in about 95 of 100 trials") {
    std::uint64_t state = 1;
    const auto next = [&state] {
        state = state * 6364136223846793005 + 1442695040888963407;
        return static_cast<double>(state >> 33) / 2147483648.0;
    };
    int held = 0;

    for (std::uint64_t trial = 0; trial < 400; ++trial) {
        values rounds(15);
        for (double& each : rounds) each = next();
        const spread found = spread_of(rounds, trial);
        held += found.low <= 0.5 && found.high >= 0.5;
    }

    MESSAGE("held in ", held, " of 400");
    CHECK(held >= 368);
    CHECK(held <= 396);
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
