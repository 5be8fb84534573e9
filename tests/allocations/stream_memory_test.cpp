#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "aio/stream/buffered_reader.hpp"
#include "aio/stream/buffered_writer.hpp"
#include "aio/stream/copy.hpp"
#include "aio/stream/frame.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/frame_pool.hpp"
#include "tests/allocations/counted.hpp"

namespace io = lariat;
using io::testing::running;

namespace {

/// Returns: why the n-th allocation of that work could not be done without; empty if it could.
template <class Work>
std::error_code without_allocation(std::uint64_t nth, io::testing::manual_home& at, Work work) {
    io::frame_pool::trim();
    counted::fail_at(nth);
    std::error_code why;
    try {
        running ended(at, work());
        at.run_until_idle();
        counted::fail_at(0);
        why = ended.take().error();
    } catch (const std::bad_alloc&) {
        why = std::make_error_code(std::errc::not_enough_memory);
    }
    counted::fail_at(0);
    return why;
}

/// Without one allocation after the other; the same work is done at last.
template <class Work>
void expect_retries_to_work(io::testing::manual_home& at, Work work) {
    std::uint64_t failures = 0;
    for (std::error_code why; (why = without_allocation(failures + 1, at, work)); ++failures)
        REQUIRE(why == std::errc::not_enough_memory);
    CHECK(failures > 0);
}

}  // namespace

TEST_CASE("without memory a reader, a writer or a frame fails, loses nothing and is tried again") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    io::testing::manual_home at;
    io::testing::stream_pair pair;
    io::buffered_writer writer(pair.left());
    io::frame_writer frames(pair.left());
    io::buffered_reader reader(pair.right(), 4);
    io::frame_reader heard(pair.right(), {}, 4);
    std::string line;
    std::string frame;

    expect_retries_to_work(at, [&] { return writer.write("a line\n"); });
    expect_retries_to_work(at, [&] { return writer.flush(); });
    expect_retries_to_work(at, [&] { return reader.read_line(100); });
    CHECK(pair.on_their_way() == 0);
    expect_retries_to_work(at, [&] { return frames.send("a frame"); });
    expect_retries_to_work(at, [&] { return heard.receive(); });
    CHECK(pair.on_their_way() == 0);
}

TEST_CASE("without memory for what is on its way a copy fails before it asks its source") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    io::testing::manual_home at;
    io::testing::stream_pair pair;
    running sent(at, io::write_all(pair.left(), "all"));
    at.run_until_idle();
    pair.left().shutdown_send();

    std::uint64_t nth = 1;
    const auto copying = [&] { return io::copy(pair.right(), pair.right(), {.size = 8}); };
    while (without_allocation(nth, at, copying) == std::errc::not_enough_memory) {
        CHECK(pair.on_their_way() == 3);
        ++nth;
    }

    CHECK(nth > 1);
}

TEST_CASE(
    "message lengths from the wire are checked against the limit before anything is allocated") {
    if (!counted::available()) {
        MESSAGE("skipped: operator new is this sanitizer's own");
        return;
    }
    io::testing::manual_home at;
    io::testing::stream_pair pair;
    const std::string beyond("\x7f\xff\xff\xff\xff\xff\xff\xff", 8);
    const std::string within("\0\0\0\0\0\x10\0\0and that is all", 23);
    running sent(at, io::write_all(pair.left(), beyond));
    at.run_until_idle();
    io::frame_reader refuses(pair.right(), {.prefix = 8});
    io::frame_reader waits(pair.right(), {.prefix = 8});
    counted::forget_largest();

    running refused(at, refuses.receive());
    at.run_until_idle();
    running more(at, io::write_all(pair.left(), within));
    running waiting(at, waits.receive());
    at.run_until_idle();

    CHECK(refused.take().error() == io::error::limit_exceeded);
    CHECK(!waiting.done());
    CHECK(pair.on_their_way() == 0);
    CHECK(counted::largest() <= 4096);
}
