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

    const auto plot = bench::latency_of(bench::grouped(rows).at(0));

    REQUIRE(plot.lines.size() == 1);
    CHECK(plot.lines[0].points.size() == 2);
    CHECK(plot.x_ticks.size() == 2);
}

TEST_CASE("where another is faster than our fastest beyond noise is told") {
    const std::vector<bench::row> rows{
        row_around("a", "raw", 100),      row_around("a", "lariat", 150),
        row_around("a", "lariat_2", 120), row_around("b", "raw", 100),
        row_around("b", "lariat", 100),   row_around("c", "rival", 100),
        row_around("c", "raw", 200),      row_around("c", "lariat", 150)};

    const auto found = bench::where_we_are_behind(rows);

    REQUIRE(found.size() == 2);
    CHECK(found[0].subject == "lariat_2");
    CHECK(found[0].factor.median == doctest::Approx(1.2));
    CHECK(found[1].fastest == "rival");
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
