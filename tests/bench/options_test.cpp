#include "bench/options.hpp"

#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using bench::read_options;

namespace {

std::vector<bench::workload> two_workloads() {
    std::vector<bench::workload> made(2);
    made[0].name = "nop";
    made[0].parameters = {{.name = "depth", .values = {1, 64}, .what = ""}};
    made[0].subjects = {{"raw", "", nullptr}, {"lariat", "", nullptr}};
    made[1].name = "echo.tcp";
    made[1].optional = true;
    return made;
}

std::vector<std::string> titles(const std::vector<std::string>& words) {
    const auto all = two_workloads();
    std::vector<std::string> found;
    for (const bench::selection& one : bench::select(all, read_options(words)))
        found.push_back(std::string(one.chosen->name) + " " + one.with.text());
    return found;
}

}  // namespace

TEST_CASE("each file that is asked for has its option") {
    const auto asked = read_options(
        {"--json", "a", "--csv", "b", "--report", "c", "--compare", "d", "--from", "e"});

    CHECK(asked.files.json == "a");
    CHECK(asked.files.csv == "b");
    CHECK(asked.files.page == "c");
    CHECK(asked.compare_with == "d");
    CHECK(asked.from == "e");
}

TEST_CASE("a baseline goes with instructions only") {
    const auto asked = read_options({"--instructions", "--baseline", "a", "--write-baseline", "b"});

    CHECK(asked.instructions);
    CHECK(asked.baseline == "a");
    CHECK(asked.new_baseline == "b");
    CHECK_THROWS_AS(read_options({"--baseline", "a"}), bench::usage_error);
    CHECK_THROWS_AS(read_options({"--write-baseline", "a"}), bench::usage_error);
}

TEST_CASE("what would be ignored is refused") {
    for (const std::vector<std::string>& more :
         std::vector<std::vector<std::string>>{{"nop"},
                                               {"depth=1"},
                                               {"--subject", "raw"},
                                               {"--rounds", "3"},
                                               {"--smoke"},
                                               {"--instructions"}}) {
        std::vector<std::string> words{"--from", "a"};
        words.insert(words.end(), more.begin(), more.end());
        CAPTURE(more.front());
        CHECK_THROWS_AS(read_options(words), bench::usage_error);
    }
    for (const std::vector<std::string>& more :
         std::vector<std::vector<std::string>>{{"--json", "a"},
                                               {"--csv", "a"},
                                               {"--report", "a"},
                                               {"--compare", "a"},
                                               {"--smoke"},
                                               {"--rounds", "3"},
                                               {"depth=1"}}) {
        std::vector<std::string> words{"--instructions"};
        words.insert(words.end(), more.begin(), more.end());
        CAPTURE(more.front());
        CHECK_THROWS_AS(read_options(words), bench::usage_error);
    }
    CHECK(read_options({"--instructions", "nop", "--subject", "raw"}).names.size() == 1);
}

TEST_CASE("what is no option, or lacks its value, is refused") {
    CHECK_THROWS_AS(read_options({"--unknown"}), bench::usage_error);
    CHECK_THROWS_AS(read_options({"--csv"}), bench::usage_error);
    CHECK_THROWS_AS(read_options({"--rounds", "0"}), bench::usage_error);
    CHECK_THROWS_AS(read_options({"--rounds", "many"}), bench::usage_error);
    CHECK_THROWS_AS(read_options({"depth=x"}), bench::usage_error);
}

TEST_CASE("a small run has two rounds unless told") {
    CHECK(read_options({}).how.rounds == 15);
    CHECK(read_options({"--smoke"}).how.rounds == 2);
    CHECK(read_options({"--smoke", "--rounds", "7"}).how.rounds == 7);
}

TEST_CASE("each choice of parameters is one selection") {
    CHECK(titles({"nop"}) == std::vector<std::string>{"nop depth=1", "nop depth=64"});
    CHECK(titles({"depth=2"}) == std::vector<std::string>{"nop depth=2", "echo.tcp "});
    CHECK(titles({"echo"}) == std::vector<std::string>{"echo.tcp "});
    CHECK(titles({"--smoke", "depth=2"}) == std::vector<std::string>{"nop depth=2"});
}

TEST_CASE("a workload, subject or parameter that nothing has is refused") {
    CHECK_THROWS_AS(titles({"hop"}), bench::usage_error);
    CHECK_THROWS_AS(titles({"nop", "size=1"}), bench::usage_error);
    CHECK_THROWS_AS(titles({"nop", "depth=0"}), bench::usage_error);
    CHECK_THROWS_AS(titles({"nop", "--subject", "rival"}), bench::usage_error);
}
