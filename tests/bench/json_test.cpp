#include "bench/json.hpp"

#include <limits>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "bench/report/json_value.hpp"

using bench::read_json;

TEST_CASE("what is written as JSON is read as the same") {
    const std::string text = "a \"quoted\" back\\slash, a\nline and \x01";
    bench::json_object made;
    made.text("text", text).number("number", 0.125).integer("integer", -7).boolean("yes", true);
    made.raw("list", bench::json_line({"1", "2.5"}));

    const bench::json_value read = read_json(made.str());

    CHECK(read.text_of("text") == text);
    CHECK(*read.find("number")->number() == 0.125);
    CHECK(*read.find("integer")->number() == -7);
    CHECK(*read.find("yes")->boolean());
    CHECK(read.numbers_of("list") == std::vector<double>{1, 2.5});
    CHECK(read.find("absent") == nullptr);
}

TEST_CASE("what is no number is null") {
    CHECK(bench::json_number(std::numeric_limits<double>::infinity()) == "null");
    CHECK(bench::json_number(std::numeric_limits<double>::quiet_NaN()) == "null");
    CHECK(read_json(" null ").number() == nullptr);
}

TEST_CASE("a list that lacks a number is refused, not read as a shorter one") {
    const bench::json_value read = read_json(R"({"list": [1, null, 3], "one": 1})");

    CHECK_THROWS_AS(read.numbers_of("list"), bench::bad_json);
    CHECK(read.numbers_of("one").empty());
}

TEST_CASE("escapes of others are read as UTF-8") {
    CHECK(*read_json(R"("\u0041\u00b5\t\/")").text() == "A\xc2\xb5\t/");
}

TEST_CASE("what is not JSON is refused, and where is said") {
    const char* const broken[] = {
        "",        "{",           "[1,]",  "{\"a\" 1}", "tru",   "\"open", "1 2",  "{\"a\":1,}",
        "\"\\x\"", "\"\\u12g4\"", "\"\\",  "{1:2}",     "nulll", "inf",    "-inf", "nan",
        "-nan",    "infinity",    "1e999", "-",         ".5",    "-x",     "NaN"};
    for (const char* const text : broken) {
        CAPTURE(text);
        CHECK_THROWS_AS(read_json(text), bench::bad_json);
    }
    CHECK_THROWS_WITH(read_json("[1, x]"), "not JSON: no value at byte 4");
}

TEST_CASE("JSON that is nested too deep is refused instead of ending on the stack") {
    CHECK_THROWS_AS(read_json(std::string(1'000'000, '[')), bench::bad_json);
}
