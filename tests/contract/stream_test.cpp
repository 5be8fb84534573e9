#include <array>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/contract/plain_aio.hpp"

using namespace std::chrono_literals;
using namespace lariat::testing;
using lariat::buffer_view;
using lariat::const_buffer_view;
using lariat::task;

namespace {

task<count_result> receive(memory_stream& stream, buffer_view into) {
    co_return co_await stream.receive(into);
}

task<count_result> receive_within(lariat::duration span, memory_stream& stream, buffer_view into) {
    co_return co_await lariat::within(span, stream.receive(into));
}

task<count_result> send(memory_stream& stream, const_buffer_view from) {
    co_return co_await stream.send(from);
}

task<std::size_t> send_all(memory_stream& stream, std::string_view text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const auto step = co_await stream.send(text.substr(sent));
        if (!step) break;
        sent += *step;
    }
    co_return sent;
}

task<std::string> receive_all(memory_stream& stream) {
    std::string all;
    std::array<char, 7> part;
    for (;;) {
        const auto step = co_await stream.receive(part);
        if (!step || *step == 0) co_return all;
        all.append(part.data(), *step);
    }
}

}  // namespace

TEST_CASE("at least one byte completes a receive") {
    manual_home at;
    stream_pair pair;
    std::array<char, 100> room{};
    running got(at, receive(pair.right(), room));
    at.run_until_idle();
    REQUIRE(!got.done());

    running sent(at, send(pair.left(), "x"));
    at.run_until_idle();

    CHECK(*sent.take() == 1);
    CHECK(*got.take() == 1);
    CHECK(room[0] == 'x');
}

TEST_CASE("zero bytes mean that the peer is done, after all it sent") {
    manual_home at;
    stream_pair pair;
    running sent(at, send(pair.left(), "last words"));
    at.run_until_idle();
    pair.left().shutdown_send();

    running all(at, receive_all(pair.right()));
    at.run_until_idle();

    CHECK(all.take() == "last words");
}

TEST_CASE("an empty buffer succeeds with 0 and is not an end of stream") {
    manual_home at;
    stream_pair pair;
    std::array<char, 4> room{};
    running nothing(at, receive(pair.right(), buffer_view()));
    running none(at, send(pair.right(), const_buffer_view()));
    at.run_until_idle();
    CHECK(*nothing.take() == 0);
    CHECK(*none.take() == 0);

    running sent(at, send(pair.left(), "ab"));
    running got(at, receive(pair.right(), room));
    at.run_until_idle();

    CHECK(*got.take() == 2);
}

TEST_CASE("operations on a locally closed stream fail at once with closed") {
    manual_home at;
    stream_pair pair;
    std::array<char, 4> room{};
    pair.left().close();

    running got(at, receive(pair.left(), room));
    running sent(at, send(pair.left(), "ab"));
    at.run_until_idle();

    CHECK(got.take().error() == closed);
    CHECK(sent.take().error() == closed);
}

TEST_CASE("pending operations of a stream that is closed locally end with closed") {
    manual_home at;
    stream_pair pair(4);
    std::array<char, 4> room{};
    running fill(at, send(pair.left(), "full"));
    running got(at, receive(pair.left(), room));
    running sent(at, send(pair.left(), "more"));
    at.run_until_idle();
    REQUIRE(!got.done());
    REQUIRE(!sent.done());

    pair.left().close();
    at.run_until_idle();

    CHECK(got.take().error() == closed);
    CHECK(sent.take().error() == closed);
}

TEST_CASE("after a close the peer receives what was sent, then the end, and cannot send") {
    manual_home at;
    stream_pair pair(4);
    running fill(at, send(pair.left(), "full"));
    running waits(at, send(pair.right(), "1234"));
    running blocked(at, send(pair.right(), "5678"));
    at.run_until_idle();

    pair.left().close();
    running all(at, receive_all(pair.right()));
    running late(at, send(pair.right(), "late"));
    at.run_until_idle();

    CHECK(all.take() == "full");
    CHECK(blocked.take().error() == std::errc::broken_pipe);
    CHECK(late.take().error() == std::errc::broken_pipe);
}

TEST_CASE("a cancelled receive took nothing") {
    manual_home at;
    stream_pair pair;
    std::array<char, 4> first{};
    std::array<char, 4> second{};
    running gives_up(at, receive(pair.right(), first));
    at.run_until_idle();
    gives_up.cancel();
    running sent(at, send(pair.left(), "data"));
    at.run_until_idle();
    REQUIRE(gives_up.take().error() == canceled);

    running got(at, receive(pair.right(), second));
    at.run_until_idle();

    CHECK(*got.take() == 4);
    CHECK(std::string_view(second.data(), 4) == "data");
    CHECK(first == std::array<char, 4>{});
}

TEST_CASE("a cancelled send left the message with the caller") {
    manual_home at;
    stream_pair pair(4);
    running fill(at, send(pair.left(), "full"));
    running gives_up(at, send(pair.left(), "lost"));
    at.run_until_idle();
    gives_up.cancel();
    at.run_until_idle();
    REQUIRE(gives_up.take().error() == canceled);
    pair.left().shutdown_send();

    running all(at, receive_all(pair.right()));
    at.run_until_idle();

    CHECK(all.take() == "full");
}

TEST_CASE("a buffer is never written after its operation finished") {
    manual_home at;
    stream_pair pair;
    std::array<char, 4> room{'k', 'e', 'e', 'p'};
    {
        running dies(at, receive(pair.right(), room));
        at.run_until_idle();
    }

    running sent(at, send(pair.left(), "data"));
    at.run_until_idle();

    CHECK(std::string_view(room.data(), 4) == "keep");
    CHECK(pair.on_their_way() == 4);
}

TEST_CASE("a receive with a zero timeout takes what is there, and otherwise times out") {
    manual_home at;
    stream_pair pair;
    std::array<char, 4> room{};
    running nothing(at, receive_within(0s, pair.right(), room));
    at.run_until_idle();
    CHECK(nothing.take().error() == timed_out);

    running sent(at, send(pair.left(), "data"));
    running got(at, receive_within(0s, pair.right(), room));
    at.run_until_idle();

    CHECK(*got.take() == 4);
}

TEST_CASE("bytes arrive once and in order, whatever the steps and the room") {
    manual_home at;
    std::string text;
    for (int i = 0; i < 500; ++i) text += static_cast<char>('a' + i % 23);
    for (const std::size_t capacity : {1U, 2U, 5U, 64U, 4096U}) {
        for (const std::size_t step : {1U, 3U, 1000U}) {
            stream_pair pair(capacity);
            pair.limit_steps(step);
            running sent(at, send_all(pair.left(), text));
            running got(at, receive_all(pair.right()));
            at.run_until_idle();
            REQUIRE(sent.take() == text.size());

            pair.left().shutdown_send();
            at.run_until_idle();

            CHECK(got.take() == text);
        }
    }
}

TEST_CASE("of two receives raced with data on both no byte is lost") {
    manual_home at;
    stream_pair one;
    stream_pair two;
    std::array<char, 8> left{};
    std::array<char, 8> right{};
    const auto race = [&]() -> task<std::size_t> {
        auto both =
            co_await lariat::when_any(one.right().receive(left), two.right().receive(right));
        std::size_t bytes = 0;
        if (both.get<0>()) bytes += *both.get<0>();
        if (both.get<1>()) bytes += *both.get<1>();
        co_return bytes;
    };
    running first(at, send(one.left(), "abc"));
    running second(at, send(two.left(), "defgh"));
    at.run_until_idle();

    running raced(at, race());
    at.run_until_idle();

    CHECK(raced.take() + one.on_their_way() + two.on_their_way() == 8);
}
