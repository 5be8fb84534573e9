#include "bench/report/page.hpp"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "tests/bench/made_up.hpp"

namespace {

using made_up::row_around;

bench::row at_depth(long depth, const std::string& subject, double middle) {
    bench::row one = row_around("read", subject, middle);
    one.parameters = {{"depth", depth}, {"direct", 0}};
    return one;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("a parameter that was measured at three values is plotted, others are not") {
    const std::vector<bench::row> rows{at_depth(64, "raw", 80), at_depth(1, "raw", 300),
                                       at_depth(8, "raw", 120), at_depth(1, "lariat", 310)};

    const auto plots = bench::scaling_of(rows);

    REQUIRE(plots.size() == 1);
    CHECK(plots[0].title == "read direct=0, by depth");
    CHECK(plots[0].x_name == "depth");
    CHECK(plots[0].y_name == "ns/item");
    REQUIRE(plots[0].lines.size() == 2);
    CHECK(plots[0].lines[0].points.at(0).x == 1);
    CHECK(plots[0].lines[0].points.at(2).x == 64);
    CHECK(plots[0].lines[0].colour != plots[0].lines[1].colour);
}

TEST_CASE("rows that differ in another parameter are not in one plot") {
    std::vector<bench::row> rows{at_depth(1, "raw", 300), at_depth(8, "raw", 120),
                                 at_depth(64, "raw", 80)};
    rows[2].parameters[1].second = 1;

    CHECK(bench::scaling_of(rows).empty());
}

TEST_CASE("percentiles are plotted for those who noted more than one") {
    std::vector<bench::row> rows{row_around("echo", "raw", 1), row_around("echo", "lariat", 1)};
    rows[0].notes = {{"p50_ns", 10}, {"p99_ns", 90}, {"rate", 5}};
    rows[1].notes = {{"p50_ns", 10}};
    rows[0].note_spreads = {{"p99_ns", {90, 80, 110, true}}};

    const auto plot = bench::latency_of(bench::grouped(rows).at(0));

    REQUIRE(plot.lines.size() == 1);
    REQUIRE(plot.lines[0].points.size() == 2);
    CHECK(plot.lines[0].points[0].y.high == 10);
    CHECK(plot.lines[0].points[1].y.low == 80);
    CHECK(plot.lines[0].points[1].y.high == 110);
    CHECK(plot.x_ticks.size() == 2);
}

TEST_CASE("where another is faster than our fastest beyond noise is told") {
    const std::vector<bench::row> rows{
        row_around("a", "raw", 100),      row_around("a", "lariat", 150),
        row_around("a", "lariat_2", 120), row_around("b", "raw", 100),
        row_around("b", "lariat", 100),   row_around("c", "rival", 100),
        row_around("c", "raw", 200),      row_around("c", "lariat", 150)};

    const auto found = bench::standing_of(rows);

    REQUIRE(found.slower.size() == 2);
    CHECK(found.slower[0].subject == "lariat_2");
    CHECK(found.slower[0].factor.median == doctest::Approx(1.2));
    CHECK(found.slower[1].fastest == "rival");
    CHECK(found.judged == 3);
    const auto text = bench::standing_text(found);
    CHECK(text.starts_with("where Lariat does not lead: 2, of 3 groups that could be judged\n"));
    CHECK(contains(text, "  a lariat_2 takes 1.20 (1.20 .. 1.20) times what raw does\n"));
}

TEST_CASE("what could not be judged is counted, not taken for a lead") {
    std::vector<bench::row> rows{row_around("a", "lariat", 100), row_around("b", "raw", 100),
                                 row_around("b", "lariat", 200), row_around("c", "raw", 100),
                                 row_around("c", "lariat", 50)};
    rows[2].rounds.resize(5);

    const auto found = bench::standing_of(rows);

    CHECK(found.slower.empty());
    CHECK(found.judged == 1);
    CHECK(found.too_few == 1);
    CHECK(found.alone == 1);
    CHECK(bench::judged_text({}).starts_with("not known, of 0 groups"));
    CHECK(bench::standing_text(found) ==
          "where Lariat does not lead: nowhere beyond noise, of 1 group that could be judged; "
          "1 had too few rounds, 1 nothing to compare with\n");
    CHECK(contains(bench::to_html({{}, rows}, nullptr),
                   "<p>Where: nowhere beyond noise, of 1 group that could be judged; 1 had too few "
                   "rounds, 1 nothing to compare with.</p>"));
}

TEST_CASE("a row that failed after some rounds has its figures on the page, and says so") {
    bench::row half = row_around("a", "lariat", 100);
    half.failed = true;
    half.failure = "in round 10: it <broke>";

    const auto page = bench::to_html({{}, {half}}, nullptr);

    CHECK(contains(page, "failed in round 10: it &lt;broke&gt;"));
    CHECK(contains(page, "1 of 1 rows have figures; 1 failed."));
}

TEST_CASE("the page does not call extremes an interval") {
    bench::row few = row_around("a", "lariat", 100);
    few.per_item.sure = false;

    CHECK(contains(bench::to_html({{}, {few}}, nullptr), "lowest .. highest"));
    CHECK_FALSE(contains(bench::to_html({{}, {few}}, nullptr), "95 % interval</th>"));
}

TEST_CASE("whatever figures a file holds, its page comes to an end") {
    for (const char* const figures :
         {R"("median": 1, "low": 1, "high": 1e300)",
          R"("median": 5e-324, "low": 0, "high": 5e-324)",
          R"("median": -1, "low": -1e300, "high": 0)", R"("median": 1e308, "low": 1, "high": 0)"}) {
        CAPTURE(figures);
        std::string rows;
        for (const char* const depth : {"1", "2", "3"})
            rows += std::string(rows.empty() ? "" : ",") +
                    R"({"workload": "a", "subject": "lariat", "parameters": {"depth": )" + depth +
                    R"(}, "ratio_to_raw": 1e-300, "ratio_low": 5e-324, "ratio_high": 1e300, )" +
                    figures + R"(, "p50_ns": 1e-320, "p99_ns": 1e300})";
        const auto read = bench::from_json(R"({"environment": {}, "results": [)" + rows + "]}");

        const auto page = bench::to_html(read, nullptr);

        CHECK(page.ends_with("</html>\n"));
        CHECK(page.size() < 100'000);
        CHECK_FALSE(contains(page, "nan"));
        CHECK_FALSE(contains(page, "inf"));
    }
}

TEST_CASE("the page holds table, bars, CPU time, curves and the environment, and no script") {
    std::vector<bench::row> rows;
    for (const long depth : {1, 8, 64}) {
        rows.push_back(at_depth(depth, "raw", 100));
        rows.push_back(at_depth(depth, "lariat", 90));
        rows.back().ratio = bench::spread{0.9, 0.8, 0.95, true};
        rows.back().user = 60;
        rows.back().system = 30;
    }

    const auto page = bench::to_html({made_up::place(), rows}, nullptr);

    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(contains(page, "<td class=\"faster\">faster</td>"));
    CHECK(contains(page, ">60.00 + 30.00</text>"));
    CHECK(contains(page, "read direct=0, by depth"));
    CHECK(contains(page, "<th>kernel</th><td>6.18</td>"));
    CHECK(contains(page, "other work &amp; load"));
    CHECK_FALSE(contains(page, "<script"));
    CHECK_FALSE(contains(page, "http"));
    CHECK(count(page, "<table") == count(page, "</table>"));
    CHECK(count(page, "<svg ") == count(page, "</svg>"));
}

TEST_CASE("every text of a row is escaped on the page") {
    bench::row one = row_around("<w>", "<s>", 5);
    one.about = "<a>";
    one.what = "<t>";
    one.unit = "<u>";
    one.parameters = {{"<p>", 1}};
    one.notes = {{"<n>", 1}};
    bench::row absent = one;
    absent.missing = "<m>";
    const auto since = bench::compare({}, {{}, {one}});

    const auto page = bench::to_html({{}, {one, absent}}, &since);

    for (const char* const text : {"<w>", "<s>", "<a>", "<u>", "<n>", "<m>", "<t>", "<p>"}) {
        CAPTURE(text);
        // The tags of the page itself that have such a name.
        if (std::string(text) != "<p>") CHECK_FALSE(contains(page, text));
    }
    CHECK(contains(page, "&lt;w&gt; &lt;p&gt;=1"));
    CHECK(contains(page, "skipped: &lt;m&gt;"));
}

TEST_CASE("a page of nothing says so") {
    const auto page = bench::to_html({}, nullptr);

    CHECK(contains(page, "0 of 0 rows have figures"));
    CHECK(page.ends_with("</html>\n"));
}
