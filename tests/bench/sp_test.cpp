#include <chrono>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bench/echo/child.hpp"
#include "bench/sp/party.hpp"

using namespace std::chrono_literals;

TEST_CASE("a process that counts messages tells when it begins, when it has ended, and the count") {
    for (const std::string subject : {"lariat", "lariat_spinning"}) {
        CAPTURE(subject);
        bench::child echoes(LARIAT_BENCH,
                            {"sp", "echo", subject, "tcp://127.0.0.1:0", "64", "20", "-1"}, -1);
        bench::child asks(LARIAT_BENCH, {"sp", "ask", subject, echoes.line(60s), "64", "20", "-1"},
                          -1);

        CHECK(asks.line(60s) == "began");
        const bench::spent_cpu before = asks.spent() + echoes.spent();
        CHECK(asks.line(60s) == "ended");
        const bench::spent_cpu spent = asks.spent() + echoes.spent() - before;
        std::istringstream counted(asks.line(60s));

        std::uint64_t messages = 0;
        double nanoseconds = 0;
        counted >> messages >> nanoseconds;
        CHECK_FALSE(counted.fail());
        CHECK(messages > 0);
        CHECK(nanoseconds >= 2e7);
        CHECK(spent.nanoseconds > 0);
    }
}

TEST_CASE("a stopwatch counts what comes after it has told that it began") {
    std::vector<std::string> told;
    const bench::sp_plan plan{.url = "",
                              .warmup = 0ms,
                              .measured = 0ms,
                              .began = [&] { told.emplace_back("began"); },
                              .ended = [&] { told.emplace_back("ended"); }};
    bench::sp_stopwatch watch(plan);

    int before_began = 0;
    int all = 0;
    for (bool enough = false; !enough; ++all) {
        enough = watch.count();
        before_began += told.empty();
    }

    CHECK(told == std::vector<std::string>{"began", "ended"});
    CHECK(before_began > 0);
    CHECK(watch.taken().messages == static_cast<std::uint64_t>(all - before_began - 1));
}
