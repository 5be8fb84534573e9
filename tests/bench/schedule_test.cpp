#include "bench/echo/schedule.hpp"

#include <ostream>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "bench/echo/histogram.hpp"

using bench::schedule;

namespace {

constexpr std::uint64_t microsecond = 1'000;
constexpr std::uint64_t second = 1'000'000'000;

/// A server that answers one message after the other, each in `each`, but stands still for a while.
struct server_that_stalls {
    std::uint64_t each = 10 * microsecond;
    std::uint64_t stall_from = second;
    std::uint64_t stall_to = 2 * second;
    std::uint64_t free_from = 0;

    std::uint64_t answer(std::uint64_t sent) {
        std::uint64_t begins = sent > free_from ? sent : free_from;
        if (begins >= stall_from && begins < stall_to) begins = stall_to;
        free_from = begins + each;
        return free_from;
    }
};

}  // namespace

TEST_CASE("messages are due at even intervals from the start on") {
    schedule times(5000, 1'000'000);

    std::vector<std::uint64_t> due;
    for (int i = 0; i < 4; ++i, times.take()) due.push_back(times.next());

    CHECK(due == std::vector<std::uint64_t>{5000, 6000, 7000, 8000});
}

TEST_CASE("an interval that is no whole number of nanoseconds does not drift") {
    schedule times(0, 3);

    while (times.taken() < 3'000'000) times.take();

    const auto off = static_cast<std::int64_t>(times.next() - 1'000'000 * second);
    CHECK(off > -1000);
    CHECK(off < 1000);
}

TEST_CASE("what is due does not wait for what was sent late") {
    schedule times(0, 1000);
    const std::uint64_t late = 10'500 * microsecond;

    unsigned sent_at_once = 0;
    for (; times.next() <= late; times.take()) ++sent_at_once;

    CHECK(sent_at_once == 11);
    CHECK(times.next() == 11'000 * microsecond);
}

TEST_CASE("a second of standstill counts for all that were due in it") {
    schedule times(0, 1000);
    server_that_stalls server;
    bench::histogram from_due;
    bench::histogram from_sent;

    // One connection: a message is sent when the answer to the one before has come.
    std::uint64_t now = 0;
    for (; times.next() < 4 * second; times.take()) {
        const std::uint64_t sent = now > times.next() ? now : times.next();
        now = server.answer(sent);
        from_due.add(now - times.next());
        from_sent.add(now - sent);
    }

    // A quarter of the time nobody was served; of those measured from their sending, one knows.
    CHECK(from_sent.percentile(0.99) < 11 * microsecond);
    CHECK(from_due.percentile(0.99) > second * 9 / 10);
    CHECK(from_due.percentile(0.5) < 11 * microsecond);
    CHECK(from_due.max() > second * 99 / 100);
}
