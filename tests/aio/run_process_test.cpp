#include "aio/run_process.hpp"

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/programs.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::result<io::finished_process> outcome_of(io::command program, io::run_options options = {}) {
    return io::run(io::run_process(std::move(program), options));
}

}  // namespace

TEST_CASE("run_process: it yields how a program ended, and what it wrote") {
    const auto done = outcome_of(shell("read a b; echo $b $a; echo no >&2; exit 3"),
                                 {.input = io::const_buffer_view("one two\n")});

    REQUIRE(done);
    CHECK(done->end.status() == 3);
    CHECK(done->output_text() == "two one\n");
    CHECK(done->error_text() == "no\n");
    CHECK(no_children_left());
}

TEST_CASE("run_process: a program that writes while it reads waits for nobody") {
    const std::string much(4 * 1024 * 1024, 'x');

    const auto both = outcome_of(shell("tee /dev/stderr"), {.input = much});

    REQUIRE(both);
    CHECK(both->end.success());
    CHECK(both->output_text() == much);
    CHECK(both->error_text() == much);
}

TEST_CASE("run_process: a program without input finds its end, and need not read what it has") {
    const std::string much(1024 * 1024, 'x');

    const auto none = outcome_of({"cat"});
    const auto unread = outcome_of(shell("exec 0<&-; echo done"), {.input = much});

    CHECK(none->output.empty());
    CHECK(unread->output_text() == "done\n");
    CHECK(unread->end.success());
}

TEST_CASE("run_process: errors may go where the caller wants them") {
    const auto joined =
        outcome_of(shell("echo out; echo err >&2"), {.errors = io::child_stream::as_output});
    const auto dropped =
        outcome_of(shell("echo err >&2"), {.errors = io::child_stream::null_device});

    CHECK(joined->output_text() == "out\nerr\n");
    CHECK(joined->errors.empty());
    CHECK(dropped->errors.empty());
}

TEST_CASE("run_process: environment and directory are those that were given") {
    const std::vector<std::string> environment{"A=b", "PATH=/usr/bin:/bin"};
    const std::string directory = "/proc";

    const auto done =
        outcome_of(shell("echo $A; pwd"), {.environment = environment, .directory = directory});

    CHECK(done->output_text() == "b\n/proc\n");
}

TEST_CASE("run_process: so much output as the limit is fine; more ends the program") {
    const auto open_before = open_descriptors();

    const auto just = outcome_of(shell("printf 12345"), {.limit = 5});
    const auto more = outcome_of(shell("printf 123456; exec sleep 1000000"), {.limit = 5});
    const auto errors = outcome_of(shell("yes >&2"), {.limit = 100'000});
    const auto left_behind =
        outcome_of(shell("sleep 1000000 & yes"), {.limit = 100'000, .own_group = true});

    CHECK(just->output_text() == "12345");
    CHECK(more.error() == io::error::limit_exceeded);
    CHECK(errors.error() == io::error::limit_exceeded);
    CHECK(left_behind.error() == io::error::limit_exceeded);
    CHECK(no_children_left());
    CHECK(open_descriptors() == open_before);
}

TEST_CASE("run_process: a program that ran out of time, or lost a race, is gone") {
    const auto open_before = open_descriptors();
    auto body = []() -> io::task<> {
        const auto late = co_await io::within(5ms, io::run_process({"sleep", "1000000"}));
        CHECK(no_children_left());
        const auto race =
            co_await io::when_any(io::run_process({"sleep", "1000000"}), io::sleep_for(5ms));
        CHECK(no_children_left());

        CHECK(late.error() == io::error::timed_out);
        CHECK(race.get<0>().error() == io::error::canceled);
    };

    run_body(body);

    CHECK(open_descriptors() == open_before);
}

TEST_CASE("run_process: a program that cannot be started is an error") {
    const auto missing = outcome_of({"no-program-of-that-name"});

    CHECK(missing.error() == std::errc::no_such_file_or_directory);
    CHECK(no_children_left());
}
