#include "bench/echo/histogram.hpp"

#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <vector>

using bench::histogram;

namespace {

/// From nanoseconds to minutes, as many in each power of ten.
std::vector<std::uint64_t> spans_of_all_sizes(std::size_t count) {
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> exponent(0, 11);
    std::vector<std::uint64_t> spans;
    for (std::size_t i = 0; i < count; ++i)
        spans.push_back(static_cast<std::uint64_t>(std::pow(10, exponent(random))));
    return spans;
}

std::unique_ptr<histogram> counted(const std::vector<std::uint64_t>& spans) {
    auto made = std::make_unique<histogram>();
    for (const std::uint64_t span : spans) made->add(span);
    return made;
}

/// What a percentile is by its definition.
std::uint64_t exact(std::vector<std::uint64_t> spans, double share) {
    std::sort(spans.begin(), spans.end());
    const double rank = std::ceil(share * static_cast<double>(spans.size()));
    return spans[std::max<std::size_t>(static_cast<std::size_t>(rank), 1) - 1];
}

constexpr double shares[] = {0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

}  // namespace

TEST_CASE("a percentile is never below the exact one and less than 0.8 % above it") {
    const auto spans = spans_of_all_sizes(100'000);
    const auto counts = counted(spans);

    for (const double share : shares) {
        const auto wanted = static_cast<double>(exact(spans, share));
        const auto got = static_cast<double>(counts->percentile(share));
        CHECK(got >= wanted);
        CHECK(got <= wanted * 1.008);
    }
}

TEST_CASE("small spans are counted exactly") {
    histogram counts;

    for (std::uint64_t span = 0; span < 256; ++span) counts.add(span);

    for (std::uint64_t span = 0; span < 256; ++span)
        CHECK(counts.percentile(static_cast<double>(span + 1) / 256) == span);
}

TEST_CASE("the least and the longest span are exact") {
    histogram counts;

    for (const std::uint64_t span : {1'000'003U, 70'001U, 90'000'049U}) counts.add(span);

    CHECK(counts.min() == 70'001);
    CHECK(counts.max() == 90'000'049);
    CHECK(counts.percentile(1) == 90'000'049);
}

TEST_CASE("the longest span there is has a bucket") {
    histogram counts;

    counts.add(std::numeric_limits<std::uint64_t>::max());

    CHECK(counts.percentile(0.5) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("an empty histogram says 0 to everything") {
    const histogram counts;

    CHECK(counts.total() == 0);
    CHECK(counts.min() == 0);
    CHECK(counts.max() == 0);
    CHECK(counts.percentile(0.5) == 0);
}

TEST_CASE("one outlier among a thousand is the last per mille and not the first 999") {
    histogram counts;

    for (int i = 0; i < 999; ++i) counts.add(10);
    counts.add(5000);

    CHECK(counts.percentile(0.999) == 10);
    CHECK(counts.percentile(0.9991) == 5000);
}

TEST_CASE("merged histograms say what one that counted all would say") {
    const auto spans = spans_of_all_sizes(20'000);
    const auto all = counted(spans);
    const auto half = spans.begin() + 12'345;
    const auto merged = counted({spans.begin(), half});

    merged->merge(*counted({half, spans.end()}));

    CHECK(merged->total() == all->total());
    CHECK(merged->min() == all->min());
    CHECK(merged->max() == all->max());
    for (const double share : shares) CHECK(merged->percentile(share) == all->percentile(share));
}

TEST_CASE("a cleared histogram is as good as new") {
    histogram counts;
    counts.add(1000);

    counts.clear();
    counts.add(5);

    CHECK(counts.total() == 1);
    CHECK(counts.max() == 5);
    CHECK(counts.percentile(1) == 5);
}
