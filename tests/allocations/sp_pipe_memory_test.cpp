#include <cstdint>
#include <new>
#include <ostream>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/sp/message_pipe.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/frame_pool.hpp"
#include "tests/aio/sp/wire.hpp"
#include "tests/allocations/scarce.hpp"

namespace io = lariat;
using io::testing::running;

namespace {

io::task<std::error_code> send(io::message_pipe& to, io::message& what) {
    const auto sent = co_await to.send(what);
    co_return sent.error();
}

io::task<io::result<io::message>> receive(io::message_pipe& from) {
    try {
        auto got = co_await from.receive();
        co_return got;
    } catch (const std::bad_alloc&) {
        co_return std::make_error_code(std::errc::not_enough_memory);  // For the task itself.
    }
}

std::string text_or_error(const io::result<io::message>& got) {
    return got ? std::string(got->text()) : got.error().message();
}

const std::string no_memory = std::make_error_code(std::errc::not_enough_memory).message();

/// Two pipes, whose n-th operations find no memory.
struct two_pipes {
    template <class T>
    T run(io::task<T> body) {
        running done(at, std::move(body));
        at.run_until_idle();
        REQUIRE(done.done());
        return done.take();
    }

    io::testing::manual_home at;
    io::testing::stream_pair wire{64 * 1024};
    int until_left_fails = 0;
    int until_right_fails = 0;
    io::message_pipe left{scarce(wire.left(), until_left_fails), io::sp_mapping::tcp};
    io::message_pipe right{scarce(wire.right(), until_right_fails), io::sp_mapping::tcp};
};

}  // namespace

TEST_CASE("a send without memory fails before its first byte, and is repeated") {
    two_pipes both;
    io::message what("all of it");
    both.until_left_fails = 1;

    const auto failed = both.run(send(both.left, what));
    CHECK(failed == std::errc::not_enough_memory);
    CHECK(what.text() == "all of it");
    CHECK(both.left.stream().is_open());
    CHECK(both.wire.on_their_way() == 0);

    CHECK(!both.run(send(both.left, what)));
    CHECK(what.empty());
    CHECK(text_or_error(both.run(receive(both.right))) == "all of it");
}

TEST_CASE("a send that finds no memory after its first byte closes the pipe, and says so") {
    two_pipes both;
    both.wire.limit_steps(3);
    io::message what("not all of it");
    both.until_left_fails = 3;

    const auto failed = both.run(send(both.left, what));
    CHECK(failed == std::errc::not_enough_memory);
    CHECK(what.text() == "not all of it");
    CHECK(!both.left.stream().is_open());

    CHECK(both.run(send(both.left, what)) == io::error::closed);
    CHECK(text_or_error(both.run(receive(both.right))) ==
          make_error_code(io::error::torn).message());
}

TEST_CASE("a receive without memory says so, takes nothing, and is repeated") {
    for (int nth = 1; nth < 8; ++nth) {
        two_pipes both;
        io::message what("comes in steps");
        both.wire.limit_steps(3);
        CHECK(!both.run(send(both.left, what)));
        both.until_right_fails = nth;

        const auto failed = text_or_error(both.run(receive(both.right)));
        CHECK(failed == no_memory);
        CHECK(both.right.stream().is_open());

        CHECK(text_or_error(both.run(receive(both.right))) == "comes in steps");
    }
}

TEST_CASE("without memory for a message that has come a receive fails, and is repeated") {
    if (!allocations_can_fail()) return;
    const std::string large(20'000, 'l');

    const auto failures = for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        two_pipes both;
        io::message what(large);
        CHECK(!both.run(send(both.left, what)));
        running first(both.at, receive(both.right));
        io::frame_pool::trim();

        const bool failed = fails_at(nth, [&] { both.at.run_until_idle(); });
        REQUIRE(first.done());
        const std::string got = text_or_error(first.take());
        CHECK(got == (failed ? no_memory : large));

        if (failed) CHECK(text_or_error(both.run(receive(both.right))) == large);
        return failed;
    });

    CHECK(failures > 2);
}

TEST_CASE("a greeting without memory closes the pipe, and says so") {
    if (!allocations_can_fail()) return;
    const auto failures = for_each_failure([&](std::uint64_t nth) {
        CAPTURE(nth);
        two_pipes both;
        both.run(write_raw(both.wire.right(), {"\0SP\0\0\x10\0\0", 8}));
        running ours(both.at, both.left.greet(io::sp_protocol::pair0));
        io::frame_pool::trim();

        const bool failed = fails_at(nth, [&] { both.at.run_until_idle(); });

        REQUIRE(ours.done());
        const auto why = ours.take().error();
        CHECK((!why || why == std::errc::not_enough_memory));
        CHECK(both.left.stream().is_open() == !why);
        return failed;
    });

    CHECK(failures > 2);
}
