#include "bench/version.hpp"

#include <ostream>

#include <doctest/doctest.h>

TEST_CASE("a version is found in what programs say of themselves") {
    CHECK(bench::version_in("fio-3.33\n") == "3.33");
    CHECK(bench::version_in("nginx version: nginx/1.22.1\n") == "1.22.1");
    CHECK(bench::version_in("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0") ==
          "7.0.15");
    CHECK(bench::version_in("wrk2 debian/4.1.0-3build1 [epoll] Copyright (C) 2012") == "4.1.0");
    CHECK(bench::version_in("in 2012. It ended") == "unknown");
    CHECK(bench::version_in("") == "unknown");
}

TEST_CASE("a program is asked for its version, wherever it says that") {
    CHECK(bench::version_of_program("no-such-program", "-v") == "none");
    CHECK(bench::version_of_program("sh", "-c") == "unknown");
    CHECK(bench::version_of_program("printf", "1.2") == "1.2");
}
