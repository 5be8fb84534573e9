#include "bench/report/recording.hpp"

#include <algorithm>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bench/report/json_value.hpp"
#include "tests/bench/made_up.hpp"

namespace {

bench::row full_row() {
    bench::row one = made_up::compared_row("nop", "lariat", 150);
    one.parameters = {{"depth", 64}, {"direct", 0}};
    one.what = "a task, for \"each\"";
    one.cpu = 140;
    one.user = 100;
    one.system = 40;
    one.allocations = 0;
    one.system_calls = 0.5;
    one.notes = {{"p50_ns", 7.5}, {"p99_ns", 80}};
    one.note_spreads = {{"p99_ns", {80, 70, 95, true}}};
    return one;
}

bench::row missing_row() {
    bench::row one;
    one.workload = "nop";
    one.subject = "rival";
    one.missing = "is not installed, sorry";
    one.failed = true;
    return one;
}

bench::recording two_rows() { return {made_up::place(), {full_row(), missing_row()}}; }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("a recording that is written as JSON is read as the same") {
    const bench::recording read = bench::from_json(bench::to_json(two_rows()));

    REQUIRE(read.rows.size() == 2);
    const bench::row was = full_row();
    const bench::row& is = read.rows[0];
    CHECK(is.title() == "nop depth=64 direct=0");
    CHECK(is.subject == was.subject);
    CHECK(is.what == was.what);
    CHECK(is.about == was.about);
    CHECK(is.unit == was.unit);
    CHECK(is.reference == "raw");
    CHECK(is.per_item.median == doctest::Approx(was.per_item.median));
    CHECK(is.per_item.low == doctest::Approx(was.per_item.low));
    CHECK(is.per_item.high == doctest::Approx(was.per_item.high));
    CHECK(is.per_item.sure);
    CHECK(is.ratio->median == doctest::Approx(was.ratio->median));
    CHECK(is.ratio->sure);
    CHECK(is.cpu == 140.0);
    CHECK(is.user == 100.0);
    CHECK(is.system == 40.0);
    CHECK(is.allocations == 0.0);
    CHECK(is.system_calls == 0.5);
    CHECK(is.notes == was.notes);
    REQUIRE(is.note_spreads.size() == 1);
    CHECK(is.note_spreads[0].first == "p99_ns");
    CHECK(is.note_spreads[0].second.median == 80);
    CHECK(is.note_spreads[0].second.low == 70);
    CHECK(is.note_spreads[0].second.high == 95);
    CHECK(is.rounds.size() == 9);
    CHECK(is.ratios.size() == 9);
    CHECK(read.rows[1].missing == "is not installed, sorry");
    CHECK(read.rows[1].failed);
}

TEST_CASE("the environment is read as it was written") {
    const bench::recording read = bench::from_json(bench::to_json(two_rows()));

    CHECK(read.where.facts == made_up::place().facts);
    CHECK(read.where.warnings == made_up::place().warnings);
    CHECK(read.where.processors == 8);
}

TEST_CASE("a report of before rounds were written is read without them") {
    const bench::recording read = bench::from_json(R"({"environment": {"kernel": "6.1"},
        "results": [{"workload": "nop", "parameters": {"depth": 1}, "subject": "lariat",
        "median": 2, "low": 1, "high": 3, "ratio_to_raw": 1.5, "ratio_low": 1, "ratio_high": 2,
        "verdict": "slower"}]})");

    CHECK(read.rows.at(0).rounds.empty());
    CHECK(read.rows.at(0).reference == "raw");
    CHECK(read.rows.at(0).ratio->median == 1.5);
    CHECK(read.rows.at(0).ratio->sure);
}

TEST_CASE("a row that failed after some rounds is read with both") {
    bench::row half = full_row();
    half.failed = true;
    half.failure = "in round 10: it broke";

    const bench::recording read = bench::from_json(bench::to_json({made_up::place(), {half}}));

    CHECK(read.rows.at(0).measured());
    CHECK(read.rows.at(0).rounds.size() == 9);
    CHECK(read.rows.at(0).failed);
    CHECK(read.rows.at(0).failure == "in round 10: it broke");
}

TEST_CASE("an interval that does not hold its median is widened until it does") {
    const bench::recording read = bench::from_json(R"({"environment": {}, "results": [
        {"workload": "nop", "subject": "lariat", "median": 5, "low": 7, "high": 3}]})");

    CHECK(read.rows.at(0).per_item.low == 5);
    CHECK(read.rows.at(0).per_item.high == 5);
}

TEST_CASE("rounds that took no time, and numbers that nothing counts to, are refused") {
    for (const char* const wrong :
         {R"("rounds": [1, 0])", R"("rounds": [1, null])", R"("rounds": [-1])", R"("ratios": [0])",
          R"("parameters": {"depth": 1e300})"}) {
        CAPTURE(wrong);
        const std::string text =
            R"({"environment": {}, "results": [{"workload": "a", "subject": "b", )" +
            std::string(wrong) + "}]}";
        CHECK_THROWS_AS(bench::from_json(text), bench::bad_json);
    }
}

TEST_CASE("JSON that is no report is refused") {
    CHECK_THROWS_AS(bench::from_json("{}"), bench::bad_json);
    CHECK_THROWS_AS(bench::from_json(R"({"environment": 1, "results": []})"), bench::bad_json);
    CHECK_THROWS_AS(bench::from_json(R"({"environment": {}, "results": [1]})"), bench::bad_json);
}

TEST_CASE("CSV has a line of names and one for each row, all of as many fields") {
    const auto lines = lines_of(bench::to_csv({{}, {full_row(), missing_row()}}));

    REQUIRE(lines.size() == 3);
    CHECK(lines[0].starts_with("workload,parameters,subject,unit,median,low,high,ratio,"));
    CHECK(lines[0].ends_with(",missing,p50_ns,p99_ns"));
    CHECK(lines[1].starts_with("nop,depth=64 direct=0,lariat,ns/item,"));
    CHECK(lines[1].ends_with(",slower,9,140,100,40,0,0.5,,7.5,80"));
    CHECK(std::count(lines[0].begin(), lines[0].end(), ',') ==
          std::count(lines[1].begin(), lines[1].end(), ','));
}

TEST_CASE("a CSV field with a comma, a quote or a line's end is quoted") {
    bench::row one = missing_row();
    one.missing = "said \"no\", twice\nover";

    const std::string text = bench::to_csv({made_up::place(), {one}});

    CHECK(text.find(",\"said \"\"no\"\", twice\nover\",") != text.npos);
    CHECK(text.find(",\"A \"\"fast\"\" one, <8> cores\",8,6.18\n") != text.npos);
}

TEST_CASE("rows that are compared with each other are one group") {
    std::vector<bench::row> rows{full_row(), missing_row(), full_row()};
    rows[2].subject = "raw";

    const auto groups = bench::grouped(rows);

    REQUIRE(groups.size() == 2);
    CHECK(groups[0].title == "nop depth=64 direct=0");
    CHECK(groups[0].rows == std::vector<const bench::row*>{&rows[0], &rows[2]});
    CHECK(groups[1].rows == std::vector<const bench::row*>{&rows[1]});
}
