#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "bench/instructions/count.hpp"
#include "bench/report/json_value.hpp"

namespace {

bench::instruction_table table_of(double lariat) {
    return {{{"compiler", "GCC 12.2.0"}, {"machine", "x86_64"}},
            {{"await", "raw", 88, false},
             {"await", "lariat", lariat, false},
             {"nop depth=64", "lariat", 264, true}}};
}

bench::count_verdict verdict_for(double before, double now) {
    return bench::compare(table_of(before), table_of(now)).at(1).verdict;
}

}  // namespace

TEST_CASE("what callgrind has collected is read from what it says") {
    CHECK(bench::collected_in("==7== Events    : Ir\n==7== Collected : 2162535\n==7== \n") ==
          2162535.0);
    CHECK_FALSE(bench::collected_in("valgrind: no such tool"));
    CHECK_FALSE(bench::collected_in("Collected : "));
}

TEST_CASE("the start of the program drops out of what an item takes") {
    CHECK(bench::per_item(1'000'000 + 100 * 50, 1'000'000 + 300 * 50, 200) == 50);
}

TEST_CASE("a baseline that is written is read as the same, without what depends on the kernel") {
    const auto read = bench::instructions_from_json(bench::to_json(table_of(164)));

    CHECK(read.build == table_of(164).build);
    REQUIRE(read.counts.size() == 2);
    CHECK(read.counts[1].title == "await");
    CHECK(read.counts[1].subject == "lariat");
    CHECK(read.counts[1].per_item == 164);
    CHECK_THROWS_AS(bench::instructions_from_json("{}"), bench::bad_json);
    CHECK_THROWS_AS(bench::instructions_from_json(R"({"build": {}, "counts": [{}]})"),
                    bench::bad_json);
}

TEST_CASE("a count is the same within two per cent, and more or fewer beyond") {
    using verdict = bench::count_verdict;
    CHECK(verdict_for(100, 100) == verdict::same);
    CHECK(verdict_for(100, 101.9) == verdict::same);
    CHECK(verdict_for(100, 98.1) == verdict::same);
    CHECK(verdict_for(100, 102.1) == verdict::more);
    CHECK(verdict_for(100, 97.9) == verdict::fewer);
}

TEST_CASE("what the baseline lacks, or the kernel decides, is not judged") {
    bench::instruction_table baseline = table_of(164);
    baseline.counts.erase(baseline.counts.begin());

    const auto compared = bench::compare(baseline, table_of(164));

    CHECK(compared.at(0).verdict == bench::count_verdict::unknown);
    CHECK(compared.at(2).verdict == bench::count_verdict::unknown);
}

TEST_CASE("what is in the baseline and was not counted is told") {
    bench::instruction_table now = table_of(164);
    now.counts.erase(now.counts.begin());

    const auto missing = bench::not_counted(table_of(164), now);

    REQUIRE(missing.size() == 1);
    CHECK(missing[0].title == "await");
    CHECK(missing[0].subject == "raw");
    CHECK(bench::not_counted(table_of(164), table_of(200)).empty());
}

TEST_CASE("counts of another compiler do not compare, and it is said which") {
    bench::instruction_table other = table_of(164);
    other.build[0].second = "Clang 19.1.7";

    CHECK(bench::build_difference(table_of(164), table_of(200)).empty());
    CHECK(bench::build_difference(table_of(164), other) ==
          "compiler was \"GCC 12.2.0\" and is \"Clang 19.1.7\"");
}

TEST_CASE("the table has a line for each subject, its ratio to raw, and what changed") {
    const auto now = table_of(176);
    const auto compared = bench::compare(table_of(164), now);

    const std::string plain = bench::table_text(now, nullptr);
    const std::string judged = bench::table_text(now, &compared);

    CHECK(plain.find("baseline") == plain.npos);
    CHECK(plain.find("2.00\n") != plain.npos);
    CHECK(judged.find("164.0   +7.32 %  MORE\n") != judged.npos);
    CHECK(judged.find("depends on the kernel\n") != judged.npos);
}
