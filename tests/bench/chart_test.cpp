#include "bench/report/chart.hpp"

#include <algorithm>
#include <limits>
#include <ostream>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "bench/report/axis.hpp"
#include "bench/report/svg.hpp"

using bench::axis;

TEST_CASE("text is escaped wherever it stands in a drawing") {
    CHECK(bench::escaped("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");

    const std::string drawing = bench::svg(1, 2, "<title>").text(0, 0, "a<b").str();

    CHECK(drawing.find("<title>&lt;title&gt;</title>") != drawing.npos);
    CHECK(drawing.find(">a&lt;b</text>") != drawing.npos);
}

TEST_CASE("a linear axis begins at 0 and has round ticks") {
    const axis values = axis::linear(87, 100, 300);

    CHECK(values.at(0) == 100);
    CHECK(values.at(87) == 300);
    CHECK(values.at(43.5) == 200);
    CHECK(values.at(1000) == 300);
    CHECK(values.ticks(4) == std::vector<double>{0, 50});
    CHECK(values.ticks(8) == std::vector<double>{0, 20, 40, 60, 80});
    CHECK(axis::linear(0.5, 0, 1).ticks(5).back() == doctest::Approx(0.5));
}

TEST_CASE("on a logarithmic axis equal factors are equal ways") {
    const axis values = axis::logarithmic(1, 10'000, 0, 400);

    const double decade = values.at(100) - values.at(10);

    CHECK(values.at(1000) - values.at(100) == doctest::Approx(decade));
    CHECK(values.at(1) > 0);
    CHECK(values.at(10'000) < 400);
    CHECK(values.ticks(4) == std::vector<double>{1, 10, 100, 1000, 10'000});
}

TEST_CASE("a logarithmic axis has ticks however short or long it is") {
    for (const double most : {1.0, 1.01, 1.3, 2.0, 7.0, 30.0, 1e3, 1e6, 1e9}) {
        CAPTURE(most);
        const auto ticks = axis::logarithmic(1, most, 0, 400).ticks(4);
        CHECK(ticks.size() >= 1);
        CHECK(ticks.size() <= 12);
        CHECK(std::is_sorted(ticks.begin(), ticks.end()));
    }
}

TEST_CASE("whatever a file holds, an axis has few ticks, and everything has a place") {
    const double endless = std::numeric_limits<double>::infinity();
    const double none = std::numeric_limits<double>::quiet_NaN();
    const double most = std::numeric_limits<double>::max();
    const double tiny = std::numeric_limits<double>::denorm_min();
    for (const double high : {1e300, most, endless, none, tiny, 1.0}) {
        for (const double low : {1.0, 1e-300, tiny, none, endless}) {
            CAPTURE(high);
            CAPTURE(low);
            for (const axis& values :
                 {axis::linear(high, 10, 20), axis::logarithmic(low, high, 10, 20)}) {
                CHECK(values.ticks(4).size() <= 20);
                for (const double value : {low, high, 0.0, -1.0, none}) {
                    CHECK(values.at(value) >= 10);
                    CHECK(values.at(value) <= 20);
                }
            }
        }
    }
    CHECK(axis::logarithmic(1e-90, 1e90, 0, 400).ticks(4).size() >= 4);
    CHECK(bench::tick_text(1e300) == "1e+300");
}

TEST_CASE("ticks are written with few digits, in groups of three") {
    CHECK(bench::tick_text(0) == "0");
    CHECK(bench::tick_text(0.25) == "0.25");
    CHECK(bench::tick_text(150) == "150");
    CHECK(bench::tick_text(1000) == "1,000");
    CHECK(bench::tick_text(1'500'000) == "1,500,000");
}

TEST_CASE("each subject of a drawing has a colour of its own, and ours are alike") {
    const auto colours = bench::colours_of({"raw", "lariat", "fio", "raw_fixed", "lariat_fixed"});

    CHECK(std::set(colours.begin(), colours.end()).size() == 5);
    CHECK(bench::colours_of({"lariat"}) == bench::colours_of({"lariat_fixed"}));
}

TEST_CASE("a bar is as long as its value, and has its interval and its unit") {
    const auto drawing = bench::bar_chart(
        "nop", "ns/item",
        {{"raw", "#111111", {50, 40, 60, true}}, {"lariat", "#222222", {100, 90, 110, true}}});
    const auto width_of = [&drawing](const std::string& colour) {
        const auto end = drawing.find("\" height=\"16.0\" fill=\"" + colour);
        const auto begin = drawing.rfind("width=\"", end);
        return std::stod(drawing.substr(begin + 7, end - begin - 7));
    };

    CHECK(width_of("#222222") == doctest::Approx(2 * width_of("#111111")).epsilon(0.01));
    CHECK(drawing.find(">100.0 (90.00 .. 110.0)</text>") != drawing.npos);
    CHECK(drawing.find(">ns/item</text>") != drawing.npos);
    CHECK(bench::bar_chart("nop", "ns/item", {}).empty());
}

TEST_CASE("CPU time is drawn in two parts, one beside the other") {
    const auto drawing = bench::split_chart("CPU", "ns", {{"raw", 30, 10}});

    CHECK(drawing.find(">30.00 + 10.00</text>") != drawing.npos);
    CHECK(bench::split_chart("CPU", "ns", {{"raw", 0, 0}}).empty());
}

TEST_CASE("ratios are drawn around a line at 1") {
    const auto drawing = bench::ratio_chart("all", {{"nop", "#111111", {0.5, 0.4, 0.6, true}}});

    CHECK(drawing.find("class=\"one\"") != drawing.npos);
    CHECK(drawing.find(">0.50 faster</text>") != drawing.npos);
    CHECK(bench::ratio_chart("all", {}).empty());
}

TEST_CASE("a plot has axes with names, a tick for each value, intervals and a legend") {
    const bench::plot what{.title = "echo, by connections",
                           .x_name = "connections",
                           .y_name = "ns/message",
                           .lines = {{"raw",
                                      "#111111",
                                      {{1, {900, 800, 1000, true}},
                                       {32, {500, 450, 550, true}},
                                       {1000, {700, 600, 800, true}}}}}};

    const auto drawing = bench::line_chart(what);

    for (const char* const wanted : {">connections</text>", ">ns/message</text>", ">1</text>",
                                     ">32</text>", ">1,000</text>", ">raw</text>", "<polyline "}) {
        CAPTURE(wanted);
        CHECK(drawing.find(wanted) != drawing.npos);
    }
}

TEST_CASE("what has no place on a logarithmic axis is left out of a plot") {
    bench::plot what{.title = "", .x_name = "", .y_name = "", .lines = {{"raw", "#111111", {}}}};
    what.lines[0].points = {{0, {1, 1, 1, true}}, {1, {0, 0, 0, true}}};

    CHECK(bench::line_chart(what).empty());
}
