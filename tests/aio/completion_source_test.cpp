#include "aio/completion_source.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <system_error>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "runtime/within.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

const auto canceled = make_error_code(io::error::canceled);
const auto timed_out = make_error_code(io::error::timed_out);
const auto broken = std::make_error_code(std::errc::io_error);

template <class T>
io::task<io::result<T>> waits(io::completion_source<T>& source) {
    co_return co_await source;
}

}  // namespace

TEST_CASE("a source yields what its handle is finished with, before the wait or during it") {
    for (const bool before : {false, true}) {
        manual_home at;
        io::completion_source<int> source;
        auto handle = source.handle();
        if (before) handle.finish(5);

        running all(at, waits(source));
        at.run_until_idle();
        const bool early = all.done();
        handle.finish(6);
        at.run_until_idle();

        CHECK(early == before);
        CHECK(*all.take() == (before ? 5 : 6));
    }
}

TEST_CASE("a source yields what is finished on another thread, and what can only be moved") {
    manual_home at;
    other_thread elsewhere;
    io::completion_source<std::unique_ptr<int>> source;
    auto handle = source.handle();

    running all(at, waits(source));
    at.run_until_idle();
    elsewhere.run([&] { handle.finish(std::make_unique<int>(7)); });
    at.run_until_idle();

    CHECK(**all.take() == 7);
}

TEST_CASE("a source yields the error its handle fails with, and a source of nothing no value") {
    manual_home at;
    io::completion_source<int> failing;
    io::completion_source<void> empty;
    failing.handle().fail(broken);
    empty.handle().finish();

    running one(at, waits(failing));
    running other(at, waits(empty));
    at.run_until_idle();

    CHECK(one.take().error() == broken);
    CHECK(other.take().error() == std::error_code());
}

TEST_CASE("of several handles the first finishes, and the others are told") {
    manual_home at;
    io::completion_source<int> source;
    auto first = source.handle();
    auto copy = first;
    running all(at, waits(source));
    at.run_until_idle();

    const bool one = first.finish(1);
    const bool other = copy.finish(2);
    const bool failed = copy.fail(broken);
    at.run_until_idle();

    CHECK(one);
    CHECK(!other);
    CHECK(!failed);
    CHECK(*all.take() == 1);
}

TEST_CASE("a handle goes through a library as a pointer") {
    manual_home at;
    io::completion_source<int> source;
    void* const pointer = source.handle().release();
    running all(at, waits(source));
    at.run_until_idle();

    io::completion_handle<int>::adopt(pointer).finish(3);
    at.run_until_idle();

    CHECK(*all.take() == 3);
}

TEST_CASE("a wait that was given up leaves what comes later to the next wait") {
    manual_home at;
    io::completion_source<int> source;
    auto handle = source.handle();
    auto limited = [&]() -> io::task<io::result<int>> {
        co_return co_await io::within(1ms, source);
    };

    running late(at, limited());
    at.advance(1ms);
    running given_up(at, waits(source));
    at.run_until_idle();
    given_up.cancel();
    at.run_until_idle();
    handle.finish(9);
    running next(at, waits(source));
    at.run_until_idle();

    CHECK(late.take().error() == timed_out);
    CHECK(given_up.take().error() == canceled);
    CHECK(*next.take() == 9);
}

TEST_CASE("a limit of nothing still delivers what is there") {
    manual_home at;
    io::completion_source<int> source;
    source.handle().finish(4);
    auto body = [&]() -> io::task<io::result<int>> { co_return co_await io::within(0s, source); };

    running all(at, body());
    at.run_until_idle();

    CHECK(*all.take() == 4);
}

TEST_CASE("a callback that comes when the source is gone harms nothing") {
    manual_home at;
    std::optional<io::completion_handle<int>> handle;
    {
        io::completion_source<int> source;
        handle = source.handle();
        running all(at, waits(source));
        at.run_until_idle();
    }

    CHECK(handle->finish(1));
    CHECK(at.idle());
}

TEST_CASE("a value is taken once: a second wait for it is a mistake") {
    const bool caught = dies_with("its value was taken already", [] {
        manual_home at;
        io::completion_source<int> source;
        source.handle().finish(1);
        running first(at, waits(source));
        at.run_until_idle();
        running second(at, waits(source));
        at.run_until_idle();
    });

    CHECK(caught);
}
