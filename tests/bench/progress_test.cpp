#include "bench/report/progress.hpp"

#include <ostream>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using bench::progress_text;

namespace {

bench::progress fourth_round() {
    return {.workload = 2,
            .workloads = 4,
            .round = 3,
            .rounds = 7,
            .turn = 0,
            .turns = 2,
            .title = "nop depth=64",
            .subject = "raw"};
}

}  // namespace

TEST_CASE("the share grows from 0 with each workload, round and turn") {
    bench::progress now{.workloads = 2, .round = -1, .rounds = 1, .turns = 2};
    double before = -1;
    for (now.workload = 0; now.workload < 2; ++now.workload) {
        for (now.round = -1; now.round < 1; ++now.round) {
            for (now.turn = 0; now.turn < 2; ++now.turn) {
                CHECK(now.share() > before);
                before = now.share();
            }
        }
    }
    CHECK(before == 0.875);
    CHECK(bench::progress{}.share() == 0);
}

TEST_CASE("the line tells which workload, which subject, which round, and the time left") {
    // Two workloads and half of the third, of four.
    CHECK(progress_text(fourth_round(), 50s, 200) ==
          "[3/4] nop depth=64: raw, round 4 of 7, about 0:30 left");
    CHECK(progress_text(fourth_round(), 12'500s, 200).ends_with("about 2:05:00 left"));
}

TEST_CASE("at the beginning nothing is said of the time left") {
    const bench::progress now{
        .workloads = 40, .round = -1, .rounds = 15, .turns = 2, .title = "nop", .subject = "raw"};

    CHECK(progress_text(now, 1s, 200) == "[1/40] nop: raw, first round, which does not count");
}

TEST_CASE("after Ctrl-C the line tells that this round is the last one") {
    bench::progress now = fourth_round();
    now.ending = true;

    CHECK(progress_text(now, 50s, 200) ==
          "[3/4] nop depth=64: raw, round 4 of 7, the last one; Ctrl-C again ends at once");
}

TEST_CASE("the line is shorter than the terminal is wide") {
    CHECK(progress_text(fourth_round(), 50s, 20) == "[3/4] nop depth=64:");
    CHECK(progress_text(fourth_round(), 50s, 0).empty());
}
