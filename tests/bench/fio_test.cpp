#include "bench/rivals/fio.hpp"

#include <algorithm>
#include <ostream>

#include <doctest/doctest.h>

namespace {

const bench::fio_plan reads{.path = "/proc/1/fd/2",
                            .depth = 16,
                            .pages = 1000,
                            .megabytes = 4,
                            .direct = false,
                            .fixed = false};

bool has(const bench::fio_plan& plan, const char* argument) {
    const auto all = bench::arguments_of(plan);
    return std::find(all.begin(), all.end(), argument) != all.end();
}

}  // namespace

TEST_CASE("fio may take all at once that is there, and submit as much") {
    CHECK(has(reads, "--iodepth=16"));
    CHECK(has(reads, "--iodepth_batch=16"));
    CHECK(has(reads, "--iodepth_batch_complete_min=1"));
    CHECK(has(reads, "--iodepth_batch_complete_max=16"));
}

TEST_CASE("fio writes the same bytes each time, as the others do") {
    auto writes = reads;
    writes.writes = true;

    CHECK(has(writes, "--rw=randwrite"));
    CHECK(has(writes, "--scramble_buffers=0"));
    CHECK(has(reads, "--rw=randread"));
}

TEST_CASE("fio registers memory and file, or goes to the device, where that is asked for") {
    auto fixed = reads;
    fixed.fixed = true;
    auto direct = reads;
    direct.direct = true;

    CHECK(has(fixed, "--fixedbufs=1"));
    CHECK(has(fixed, "--registerfiles=1"));
    CHECK_FALSE(has(reads, "--fixedbufs=1"));
    CHECK(has(direct, "--direct=1"));
    CHECK(has(reads, "--direct=0"));
}
