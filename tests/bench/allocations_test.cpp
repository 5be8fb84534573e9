#include "bench/allocations.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "bench/echo/child.hpp"
#include "bench/report/outputs.hpp"
#include "bench/report/recording.hpp"

using namespace std::chrono_literals;

TEST_CASE("what programs do most allocates nothing once it is steady, but for the frame of a hop") {
    if (!bench::allocations_are_counted) {
        MESSAGE("skipped: a sanitizer has its own malloc, which counts nothing");
        return;
    }
    const std::string file = "/tmp/lariat-allocations-" + std::to_string(getpid()) + ".json";

    bench::child(LARIAT_BENCH, {"allocations", "--smoke", "--json", file}, -1).output(60s);
    const bench::recording read = bench::read_recording(file);
    std::filesystem::remove(file);

    CHECK(read.rows.size() == 9);
    for (const bench::row& one : read.rows) {
        CAPTURE(one.subject);
        CHECK(one.measured());
        // It is made on one thread and freed on the other, whose pool keeps so many and no more.
        CHECK(one.allocations.value_or(-1) >= 0);
        CHECK(one.allocations.value_or(-1) <= (one.subject == "lariat_hop" ? 1.0 : 0.0));
    }
}
