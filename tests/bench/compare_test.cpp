#include "bench/report/compare.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/bench/made_up.hpp"

namespace {

using bench::change;
using made_up::compared_row;
using made_up::row_around;

bench::recording with(std::vector<bench::row> rows) { return {made_up::place(), std::move(rows)}; }

bench::row failed_row(std::string workload, std::string subject) {
    bench::row one;
    one.workload = std::move(workload);
    one.subject = std::move(subject);
    one.missing = "it broke";
    one.failed = true;
    return one;
}

change change_between(const bench::row& before, const bench::row& after) {
    return bench::compare(with({before}), with({after})).rows.at(0).what;
}

}  // namespace

TEST_CASE("a run that is compared with itself is unchanged in every row") {
    const auto all = with({row_around("nop", "raw", 100), compared_row("nop", "lariat", 150)});

    const auto found = bench::compare(all, all);

    CHECK(found.rows.size() == 2);
    CHECK(found.count(change::unchanged) == 2);
    CHECK(found.environment.empty());
    CHECK_FALSE(found.worse());
}

TEST_CASE("a row is faster or slower where the interval of the change leaves out 1") {
    CHECK(change_between(row_around("nop", "raw", 100), row_around("nop", "raw", 120)) ==
          change::slower);
    CHECK(change_between(row_around("nop", "raw", 100), row_around("nop", "raw", 80)) ==
          change::faster);
    CHECK(change_between(row_around("nop", "raw", 100), row_around("nop", "raw", 100.2)) ==
          change::unchanged);
}

TEST_CASE("a change that is certain but small is none") {
    auto before = row_around("nop", "raw", 100);
    auto after = before;
    for (double& each : before.rounds) each = 100;
    for (double& each : after.rounds) each = 101;

    CHECK(change_between(before, after) == change::unchanged);
}

TEST_CASE("the ratio is compared, so that a machine that is slower as a whole changes nothing") {
    const auto before = compared_row("nop", "lariat", 150);
    auto after = before;
    for (double& each : after.rounds) each *= 2;
    after.per_item = bench::spread_of(after.rounds);

    const auto found = bench::compare(with({before}), with({after}));

    CHECK(found.rows.at(0).what == change::unchanged);
    CHECK(found.rows.at(0).basis == "x raw");
    CHECK(found.rows.at(0).after == doctest::Approx(1.5));
}

TEST_CASE("a reference that is slower is told, and is no fault of ours") {
    const auto before = with({row_around("nop", "raw", 100), row_around("nop", "lariat", 100)});
    const auto machine = with({row_around("nop", "raw", 150), row_around("nop", "lariat", 100)});
    const auto ours = with({row_around("nop", "raw", 100), row_around("nop", "lariat", 150)});

    CHECK(bench::compare(before, machine).count(change::slower) == 1);
    CHECK_FALSE(bench::compare(before, machine).worse());
    CHECK(bench::compare(before, ours).worse());
}

TEST_CASE("ratios to different subjects are not compared with each other") {
    const auto before = compared_row("nop", "lariat", 150);
    auto after = before;
    after.reference = "rival";

    CHECK(bench::compare(with({before}), with({after})).rows.at(0).basis == "ns/item");
}

TEST_CASE("too few rounds in one of the runs tell of no change") {
    auto few = row_around("nop", "raw", 300);
    few.rounds.resize(2);

    CHECK(change_between(row_around("nop", "raw", 100), few) == change::unsure);
}

TEST_CASE("a report without rounds is compared by its intervals") {
    auto before = row_around("nop", "raw", 100);
    auto after = row_around("nop", "raw", 120);
    before.rounds.clear();

    CHECK(change_between(before, after) == change::slower);
    CHECK(change_between(before, row_around("nop", "raw", 100.5)) == change::unchanged);
}

TEST_CASE("a subject is new when it had no figures, and gone when it failed") {
    const auto before = with({row_around("nop", "raw", 100), row_around("nop", "lariat", 100)});
    const auto after = with({row_around("nop", "raw", 100), failed_row("nop", "lariat"),
                             row_around("nop", "other", 9)});

    const auto found = bench::compare(before, after);

    CHECK(found.count(change::added) == 1);
    CHECK(found.count(change::gone) == 1);
    CHECK(found.worse());
}

TEST_CASE("a workload, a parameter or a subject that was not asked for is not gone") {
    auto other = row_around("nop", "lariat", 100);
    other.parameters = {{"depth", 8}};
    const auto before = with({row_around("nop", "raw", 100), row_around("nop", "lariat", 100),
                              other, row_around("hop", "lariat", 5)});

    const auto found = bench::compare(before, with({row_around("nop", "raw", 100)}));

    CHECK(found.count(change::gone) == 0);
    CHECK(found.not_measured == 3);
    CHECK_FALSE(found.worse());
}

TEST_CASE("what cannot run here is skipped, not gone") {
    auto skipped = row_around("nop", "lariat_fixed", 100);
    const auto before = with({row_around("nop", "raw", 100), skipped});
    skipped.missing = "not on this kernel";

    const auto found = bench::compare(before, with({row_around("nop", "raw", 100), skipped}));

    CHECK(found.count(change::gone) == 0);
    CHECK(found.not_measured == 1);
    CHECK_FALSE(found.worse());
}

TEST_CASE("a rival that is slower or gone is told, and is no fault of ours") {
    const auto before = with({row_around("nop", "raw", 100), row_around("nop", "rival", 100)});
    const auto slower = with({row_around("nop", "raw", 100), row_around("nop", "rival", 200)});
    const auto broken = with({row_around("nop", "raw", 100), failed_row("nop", "rival")});

    CHECK(bench::compare(before, slower).count(change::slower) == 1);
    CHECK_FALSE(bench::compare(before, slower).worse());
    CHECK(bench::compare(before, broken).count(change::gone) == 1);
    CHECK_FALSE(bench::compare(before, broken).worse());
}

TEST_CASE("one row of many has to be slower beyond what one of so many is by chance") {
    const auto all = [](double factor) {
        std::vector<bench::row> rows;
        for (long depth = 0; depth < 40; ++depth) {
            bench::row one = row_around("nop", "lariat", 100);
            one.parameters = {{"depth", depth}};
            for (std::size_t i = 0; i < one.rounds.size(); ++i)
                one.rounds[i] = (100 + static_cast<double>(i)) * (depth == 7 ? factor : 1);
            rows.push_back(one);
        }
        return with(rows);
    };

    const auto perhaps = bench::compare(all(1), all(1.04));
    const auto surely = bench::compare(all(1), all(1.10));
    const auto alone = bench::compare(with({all(1).rows.at(7)}), with({all(1.04).rows.at(7)}));

    CHECK(perhaps.count(change::slower) == 1);
    CHECK_FALSE(perhaps.worse());
    CHECK(perhaps.sums().ends_with("of ours 1 slower, 0 with certainty among so many rows"));
    CHECK(surely.count(change::slower) == 1);
    CHECK(surely.worse());
    CHECK(alone.worse());
}

TEST_CASE("figures in another unit are new ones") {
    auto other = row_around("nop", "lariat", 500);
    other.unit = "p99 ns";

    CHECK(change_between(row_around("nop", "lariat", 100), other) == change::added);
}

TEST_CASE("what does not compare is no change for the worse") {
    auto nothing = row_around("nop", "lariat", 100);
    nothing.rounds.clear();
    nothing.per_item = {0, 0, 0, true};

    CHECK(change_between(nothing, row_around("nop", "lariat", 100)) == change::unsure);
    CHECK(change_between(nothing, nothing) == change::unsure);
    CHECK(change_between(row_around("nop", "lariat", 100), nothing) == change::unsure);
}

TEST_CASE("columns are as wide as the longest name, and nothing is cut off") {
    const std::string title(250, 'w');
    const auto long_names = with(
        {row_around(title, "lariat_with_a_very_long_name", 100), row_around("nop", "raw", 100)});

    const auto text = bench::compare(long_names, long_names).text();

    const auto second = text.find("  unchanged", 2);
    CHECK(text.find(title + " lariat_with_a_very_long_name ns/item ") != text.npos);
    CHECK(text.find("ns/item") == text.find("ns/item", second) - second);
}

TEST_CASE("the text has a line for each row, the sums, and where the environments differ") {
    auto elsewhere = with({compared_row("nop", "lariat", 300), row_around("nop", "new", 1)});
    elsewhere.where.facts.at(2).second = "6.19";

    const auto text = bench::compare(with({compared_row("nop", "lariat", 150)}), elsewhere).text();

    CHECK(text.find("other kernel: 6.18 -> 6.19") != text.npos);
    CHECK(text.find("slower     nop ") != text.npos);
    CHECK(text.find("x raw 1.50 -> 3.00: +100.0 % (") != text.npos);
    CHECK(text.find("1 slower, 1 new; of ours 1 slower, 1 with certainty") != text.npos);
}
