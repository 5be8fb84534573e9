#include "bench/report.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bench/report/plain.hpp"
#include "tests/bench/made_up.hpp"

namespace {

using made_up::compared_row;
using made_up::row_around;

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

std::string table_of(const std::vector<bench::row>& rows) {
    std::string text;
    for (const bench::row_group& group : bench::grouped(rows))
        text += bench::group_text(group, bench::column_of(rows));
    return text;
}

/// What a terminal would obey, but for the ends of lines.
bool obeys(const std::string& text) {
    for (const char c : text) {
        if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == '\x7f')) return true;
    }
    return contains(text, "\xc2\x9b");
}

}  // namespace

TEST_CASE("what a terminal would obey is not put on it") {
    CHECK(bench::printable("a\x1b[2Jb\r\nc\x7f") == "a [2Jb  c ");
    CHECK(bench::printable("\xc2\x9b"
                           "2J") == " 2J");
    CHECK(bench::printable("\x9b"
                           "2J") == " 2J");
    CHECK(bench::printable("gr\xc3\xbc\xc3\x9f \xe2\x82\xac") == "gr\xc3\xbc\xc3\x9f \xe2\x82\xac");
    CHECK(bench::padded("ab", 4) == "ab  ");
    CHECK(bench::padded("abcdef", 4) == "abcdef");
}

TEST_CASE("no text of a recording reaches the terminal as it is") {
    const std::string evil = "\x1b]0;x\x07\r\n\xc2\x9bz";
    bench::row one = compared_row("w" + evil, "s" + evil, 150);
    one.unit = one.reference = evil;
    one.notes = {{evil, 1}};
    one.failed = true;
    one.failure = evil;
    bench::row absent = one;
    absent.missing = evil;
    bench::environment where = made_up::place();
    where.facts.emplace_back(evil, evil);
    where.warnings.push_back(evil);
    const std::vector<bench::row> rows{one, absent};

    const std::string table = table_of(rows);

    CHECK_FALSE(obeys(table));
    // The title, the figures, what stands below them, the failure; and one that has none.
    CHECK(std::count(table.begin(), table.end(), '\n') == 5);
    CHECK_FALSE(obeys(bench::environment_text(where)));
}

TEST_CASE("figures stand below each other, however long the names") {
    std::vector<bench::row> rows{row_around("nop", "raw", 50),
                                 row_around("nop", "lariat_with_a_very_long_name", 50)};
    rows[1].notes = {{"p50_ns", 1}};
    const auto heading = bench::heading_text(15, bench::column_of(rows));

    const auto text = table_of(rows);

    const auto first = text.find("  raw");
    const auto second = text.find("  lariat");
    CHECK(text.find("50.00", first) - first == text.find("50.00", second) - second);
    CHECK(heading.find(" ns ") + 3 - heading.find("  subject") ==
          text.find("50.00", first) + 5 - first);
}

TEST_CASE("a row that failed after some rounds has its figures, and says so") {
    bench::row half = compared_row("nop", "lariat", 150);
    half.failed = true;
    half.failure = "in round 10: it broke";

    const auto text = table_of({half});

    CHECK(contains(text, "1.500 ("));
    CHECK(contains(text, "FAILED in round 10: it broke\n"));
}

TEST_CASE("the heading does not promise what few rounds cannot hold") {
    CHECK(contains(bench::heading_text(5, 13), "(lowest .. highest)"));
    CHECK(contains(bench::heading_text(6, 13), "(95 % sure)"));
}

TEST_CASE("names of workloads stand before what they do, however long") {
    std::vector<bench::workload> all(2);
    all[0].name = "nop";
    all[0].what = "what the one does";
    all[1].name = "scale.with_a_long_name";
    all[1].what = "what the other one does";

    const auto text = bench::list_text(all);

    const auto second = text.find("scale");
    CHECK(text.find("what the one") == text.find("what the other") - second);
}
