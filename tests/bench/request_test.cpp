#include "bench/echo/request.hpp"

#include <ostream>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bench/options.hpp"

using bench::read_load_request;
using bench::read_serve_request;
using bench::usage_error;

namespace {

using words = std::vector<std::string>;

words load_words(const words& more = {}) {
    words all{"echo.tcp", "--connect", "127.0.0.1:7000"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace

TEST_CASE("a server is asked for with its address, and is ours unless told") {
    const auto asked = read_serve_request({"echo.tcp", "--listen", "127.0.0.1:7000"});

    CHECK(to_string(asked.where) == "127.0.0.1:7000");
    CHECK(asked.subject == "lariat");
    CHECK(asked.processor == -1);
    CHECK(asked.board == -1);
}

TEST_CASE("a server may be another, on a CPU of its own, over a unix socket") {
    const auto asked = read_serve_request(
        {"echo.unix", "--listen", "unix:@here", "--subject", "epoll", "--cpu", "3"});

    CHECK(to_string(asked.where) == "unix:@here");
    CHECK(asked.subject == "epoll");
    CHECK(asked.processor == 3);
}

TEST_CASE("a load without options has one connection, one message on its way, and ten seconds") {
    const auto asked = read_load_request(load_words());

    CHECK(asked.workload == "echo.tcp");
    CHECK(to_string(asked.plan.where) == "127.0.0.1:7000");
    CHECK(asked.plan.connections == 1);
    CHECK(asked.plan.size == 64);
    CHECK(asked.plan.depth == 1);
    CHECK(asked.plan.rate == 0);
    CHECK(asked.plan.measured == std::chrono::seconds(10));
    CHECK(asked.plan.warmup == std::chrono::seconds(1));
    CHECK(asked.plan.server == 0);
    CHECK_FALSE(asked.figures);
}

TEST_CASE("a load takes each of its options") {
    const auto asked =
        read_load_request(load_words({"--connections", "100", "--size", "4096", "--depth", "8",
                                      "--seconds", "0.5", "--rate", "2500.5", "--cpu", "0"}));

    CHECK(asked.plan.connections == 100);
    CHECK(asked.plan.size == 4096);
    CHECK(asked.plan.depth == 8);
    CHECK(asked.plan.measured == std::chrono::milliseconds(500));
    CHECK(asked.plan.warmup == std::chrono::milliseconds(125));
    CHECK(asked.plan.rate == 2500.5);
    CHECK(asked.processor == 0);
}

TEST_CASE("with a rate a connection has room for more than one message") {
    CHECK(read_load_request(load_words({"--rate", "1000"})).plan.depth == 64);
    CHECK(read_load_request(load_words({"--rate", "1000", "--depth", "2"})).plan.depth == 2);
}

TEST_CASE("a connection for each message leaves no room for a rate or a depth") {
    CHECK(read_load_request(load_words()).plan.per_connection == 0);
    CHECK(read_load_request(load_words({"--per-connection", "3"})).plan.per_connection == 3);
    CHECK_THROWS_AS(read_load_request(load_words({"--per-connection", "3", "--rate", "10"})),
                    usage_error);
    CHECK_THROWS_AS(read_load_request(load_words({"--depth", "2", "--per-connection", "3"})),
                    usage_error);
}

TEST_CASE("over TLS connections are asked for like others, and stay") {
    const words tls{"echo.tls", "--connect", "127.0.0.1:7000"};

    const auto asked = read_load_request(tls);

    CHECK(asked.workload == "echo.tls");
    CHECK(to_string(asked.plan.where) == "127.0.0.1:7000");
    CHECK(read_serve_request({"echo.tls", "--listen", "127.0.0.1:1"}).workload == "echo.tls");
    CHECK_THROWS_AS(read_load_request({tls[0], tls[1], tls[2], "--per-connection", "3"}),
                    usage_error);
}

TEST_CASE("an address must be there, be one, and be of the workload's kind") {
    CHECK_THROWS_AS(read_serve_request({"echo.tcp"}), usage_error);
    CHECK_THROWS_AS(read_serve_request({"echo.tcp", "--listen"}), usage_error);
    CHECK_THROWS_AS(read_serve_request({"echo.tcp", "--listen", "localhost"}), usage_error);
    CHECK_THROWS_AS(read_serve_request({"echo.tcp", "--listen", "unix:@here"}), usage_error);
    CHECK_THROWS_AS(read_load_request({"echo.unix", "--connect", "[::1]:80"}), usage_error);
    CHECK(to_string(read_load_request({"echo.tcp", "--connect", "[::1]:80"}).plan.where) ==
          "[::1]:80");
}

TEST_CASE("only echo is served apart") {
    CHECK_THROWS_AS(read_serve_request({}), usage_error);
    CHECK_THROWS_AS(read_load_request({"nop", "--connect", "127.0.0.1:1"}), usage_error);
}

TEST_CASE("a number out of range, a part of one, and no number are refused") {
    for (const char* wrong : {"0", "65", "1.5", "-1", "many", "", "8 "})
        CHECK_THROWS_AS(read_load_request(load_words({"--depth", wrong})), usage_error);
    for (const char* wrong : {"0", "nan", "inf", "2e7", "1k"})
        CHECK_THROWS_AS(read_load_request(load_words({"--rate", wrong})), usage_error);
}

TEST_CASE("an unknown option is refused, and the ones that there are are said") {
    try {
        read_load_request(load_words({"--pipeline", "3"}));
        FAIL("it was taken");
    } catch (const usage_error& why) {
        CHECK(std::string(why.what()).find("--pipeline") != std::string::npos);
        CHECK(std::string(why.what()).find("--depth") != std::string::npos);
    }
}

TEST_CASE("figures that were printed are read back") {
    const bench::load_result taken{.messages = 12,
                                   .nanoseconds = 3e9,
                                   .server_cpu = 5e6,
                                   .server_parts = {.user = 3e6, .system = 2e6},
                                   .server_calls = 40,
                                   .server_allocations = 2,
                                   .p50 = 100,
                                   .p99 = 200,
                                   .p99_9 = 300,
                                   .max = 400,
                                   .late_p99 = 50};

    const auto read = bench::read_figures(bench::figures_of(taken));

    CHECK(read.messages == 12);
    CHECK(read.nanoseconds == 3e9);
    CHECK(read.server_cpu == 5e6);
    CHECK(read.server_parts.user == 3e6);
    CHECK(read.server_parts.system == 2e6);
    CHECK(read.server_calls == 40);
    CHECK(read.server_allocations == 2);
    CHECK(read.p50 == 100);
    CHECK(read.p99 == 200);
    CHECK(read.p99_9 == 300);
    CHECK(read.max == 400);
    CHECK(read.late_p99 == 50);
    CHECK_THROWS_AS(bench::read_figures("12 3"), std::runtime_error);
}

TEST_CASE("a report says what was asked, the throughput and four latencies with units") {
    const auto asked = read_load_request(load_words({"--rate", "1000"}));

    const auto text = bench::report_of(asked, {.messages = 2000,
                                               .nanoseconds = 2e9,
                                               .p50 = 12'340,
                                               .p99 = 1'500'000,
                                               .p99_9 = 99'000'000,
                                               .max = 2'500'000'000,
                                               .late_p99 = 7'500});

    CHECK(text ==
          "echo.tcp 127.0.0.1:7000, connections=1 size=64 depth=64, 1000 messages/s wanted, "
          "2.00 s\n"
          "throughput  1000 messages/s, 0.06 MB/s\n"
          "latency     p50 12.34 us, p99 1.50 ms, p99.9 99.00 ms, max 2.50 s\n"
          "of these    the load's own lateness p99 7.50 us\n");
}
