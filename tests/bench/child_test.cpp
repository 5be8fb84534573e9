#include "bench/echo/child.hpp"

#include <unistd.h>

#include <chrono>
#include <ostream>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("another program goes on after Ctrl-C, which is for the group of this one") {
    bench::child other("/bin/sh", {"-c", "echo ready; exec sleep 600"}, -1);
    REQUIRE(other.line(60s) == "ready");

    CHECK(getpgid(other.id()) == other.id());
    CHECK(getpgrp() != other.id());
}

TEST_CASE("another program says all that it has to say until it ends") {
    bench::child other("/bin/sh", {"-c", "echo first; echo second"}, -1);

    CHECK(other.line(60s) == "first");
    CHECK(other.output(60s) == "second\n");
}
