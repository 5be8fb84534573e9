#include "aio/stream/joined.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/pipe_stream.hpp"
#include "aio/standard_stream.hpp"
#include "aio/stream.hpp"
#include "aio/stream/relay.hpp"
#include "runtime/when_all.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;

static_assert(io::stream<io::joined<io::pipe_reader&, io::pipe_writer>>);
static_assert(!io::stream<io::joined<io::descriptor_stream, io::pipe_writer>>);
static_assert(io::byte_stream<io::joined<io::descriptor_stream, io::pipe_writer>>);

namespace {

struct both_ends {
    io::pipe_reader reader;
    io::pipe_writer writer;
};

both_ends new_pipe() {
    auto ends = make_pipe();
    return {io::pipe_reader(std::move(ends.first)), io::pipe_writer(std::move(ends.second))};
}

}  // namespace

TEST_CASE("a relay joins two pipes on one side with two on the other, and passes on both ends") {
    for (const bool splices : {false, true}) {
        auto body = [&]() -> io::task<> {
            auto questions = new_pipe();
            auto asked = new_pipe();
            auto answers = new_pipe();
            auto heard = new_pipe();
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

            auto all =
                co_await io::when_all(ask(), reply(), io::relay(front, back, {.splice = splices}));

            CHECK(std::get<0>(all) == "because");
            CHECK(std::get<1>(all) == 4);
            CHECK(std::get<2>(all));
        };

        run_body(body);
    }
}

TEST_CASE("what is joined by name still belongs to its owner, and the end of what is sent too") {
    auto body = []() -> io::task<> {
        auto in = new_pipe();
        auto out = new_pipe();
        io::joined both(in.reader, out.writer);

        const auto told_receive = co_await both.shutdown(io::direction::receive);
        const bool open_before = out.writer.is_open();
        const auto told_send = co_await both.shutdown(io::direction::send);

        CHECK(told_receive);
        CHECK(told_send);
        CHECK(open_before);
        CHECK_FALSE(out.writer.is_open());
        CHECK(in.reader.is_open());
        CHECK(&both.source() == &in.reader);
        CHECK(&both.sink() == &out.writer);
    };

    run_body(body);
}

TEST_CASE("who joins a sink that has no way to be told of an end hears that it has none") {
    auto body = []() -> io::task<> {
        auto in = new_pipe();
        auto out = make_pipe();
        io::shared_writer sink(std::move(out.second));
        io::joined both(in.reader, sink);

        const auto told = co_await both.shutdown(io::direction::send);

        CHECK(told.error() == std::errc::operation_not_supported);
        CHECK(both.is_open());
    };

    run_body(body);
}

TEST_CASE("two that are joined close together, and then have no address") {
    auto body = []() -> io::task<> {
        auto in = new_pipe();
        auto out = new_pipe();
        io::joined both(std::move(in.reader), std::move(out.writer));

        const auto there = both.local_address();
        const auto told = co_await both.shutdown(io::direction::send);
        const bool open_between = both.is_open();
        both.close();
        both.close();
        const auto late = co_await both.shutdown(io::direction::receive);

        CHECK(there);
        CHECK(told);
        CHECK(open_between);
        CHECK_FALSE(both.is_open());
        CHECK_FALSE(both.sink().is_open());
        CHECK(both.peer_address().error() == std::errc::bad_file_descriptor);
        CHECK(late.error() == io::error::closed);
    };

    run_body(body);
}
