#include "aio/transport/pipe.hpp"

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream.hpp"
#include "aio/stream/joined.hpp"
#include "aio/stream/relay.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

static_assert(io::byte_source<io::input_stream> && !io::byte_sink<io::input_stream>);
static_assert(io::byte_sink<io::output_stream> && !io::byte_source<io::output_stream>);
static_assert(io::byte_stream<io::joined<io::input_stream&, io::output_stream>>);
static_assert(io::lends_descriptor<io::input_stream> && io::lends_descriptor<io::output_stream>);

io::task<> some_turns() {
    for (int i = 0; i < 10; ++i) std::ignore = co_await io::nop{};
}

}  // namespace

TEST_CASE("what is written to a pipe is read, and when the writer closes comes the end") {
    auto body = []() -> io::task<> {
        auto ends = *io::pipe_streams::open();
        std::array<char, 8> buffer;

        const auto sent = co_await io::write_all(ends.writer, "hello");
        const auto got = co_await ends.reader.receive(buffer);
        ends.writer.close();
        const auto end = co_await ends.reader.receive(buffer);

        CHECK(*sent == 5);
        CHECK(*got == 5);
        CHECK(*end == 0);
        CHECK_FALSE(ends.writer.is_open());
    };

    run_body(body);
}

TEST_CASE("a pipe without a reader breaks without a signal") {
    auto body = []() -> io::task<> {
        auto ends = *io::pipe_streams::open();
        ends.reader.close();

        const auto sent = co_await ends.writer.send("x");

        CHECK(sent.error() == std::errc::broken_pipe);
    };

    run_body(body);
}

TEST_CASE("a read that waits is ended by close, by a cancel and by a deadline, and takes nothing") {
    auto body = []() -> io::task<> {
        auto ends = *io::pipe_streams::open();
        std::array<char, 8> buffer{};
        const auto closing = [&]() -> io::task<> {
            co_await some_turns();
            ends.reader.close();
        };

        const auto late = co_await io::within(1ms, ends.reader.receive(buffer));
        auto race = co_await io::when_any(ends.reader.receive(buffer), some_turns());
        auto both = co_await io::when_all(ends.reader.receive(buffer), closing());
        const auto again = co_await ends.reader.receive(buffer);

        CHECK(late.error() == io::error::timed_out);
        CHECK(race.get<0>().error() == io::error::canceled);
        CHECK(std::get<0>(both).error() == io::error::closed);
        CHECK(again.error() == io::error::closed);
    };

    run_body(body);
}

TEST_CASE("a relay joins two pipes on one side with two on the other, and passes on both ends") {
    auto body = []() -> io::task<> {
        auto questions = *io::pipe_streams::open();
        auto asked = *io::pipe_streams::open();
        auto answers = *io::pipe_streams::open();
        auto heard = *io::pipe_streams::open();
        io::joined front(std::move(questions.reader), std::move(heard.writer));
        io::joined back(std::move(answers.reader), std::move(asked.writer));
        const auto ask = [&]() -> io::task<std::string> {
            const auto sent = co_await io::write_all(questions.writer, "why?");
            questions.writer.close();
            const auto got = co_await io::read_to_end(heard.reader, 100);
            CHECK(sent);
            co_return std::string(reinterpret_cast<const char*>(got->data()), got->size());
        };
        const auto reply = [&]() -> io::task<std::size_t> {
            const auto got = co_await io::read_to_end(asked.reader, 100);
            const auto sent = co_await io::write_all(answers.writer, "because");
            answers.writer.close();
            CHECK(sent);
            co_return got->size();
        };

        auto all = co_await io::when_all(ask(), reply(), io::relay(front, back));

        CHECK(std::get<0>(all) == "because");
        CHECK(std::get<1>(all) == 4);
        CHECK(std::get<2>(all));
    };

    run_body(body);
}
