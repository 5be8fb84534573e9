#include "aio/stream.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Moves what a script says, step by step, and remembers what it was asked for.
class scripted_stream {
  public:
    explicit scripted_stream(std::deque<io::transfer> steps) : steps_(std::move(steps)) {}

    io::task<io::transfer> receive(io::buffer_view buffer) {
        asked.push_back(buffer.size());
        co_return next();
    }
    io::task<io::transfer> send(io::const_buffer_view buffer) {
        asked.push_back(buffer.size());
        co_return next();
    }

    std::vector<std::size_t> asked;

  private:
    io::transfer next() {
        const io::transfer step = steps_.front();
        steps_.pop_front();
        return step;
    }

    std::deque<io::transfer> steps_;
};

static_assert(io::byte_stream<scripted_stream>);
static_assert(io::byte_stream<io::descriptor_stream>);
static_assert(io::byte_stream<io::tcp_stream>);
static_assert(!io::byte_source<io::descriptor>);
static_assert(!io::byte_sink<std::string>);

const auto broken = std::make_error_code(std::errc::broken_pipe);

using asked_for = std::vector<std::size_t>;

}  // namespace

TEST_CASE("read_exactly goes on until the buffer is full") {
    scripted_stream stream({3, 1, 6});
    std::array<char, 10> buffer;
    auto body = [&] { return io::read_exactly(stream, buffer); };

    const auto got = run_body(body);

    CHECK(*got == 10);
    CHECK(stream.asked == asked_for{10, 7, 6});
}

TEST_CASE("read_exactly reports the count that came before the end, or before an error") {
    std::array<char, 10> buffer;
    scripted_stream ending({4, 0});
    scripted_stream failing({4, io::transfer(broken, 2)});
    auto until_end = [&] { return io::read_exactly(ending, buffer); };
    auto until_error = [&] { return io::read_exactly(failing, buffer); };

    const auto ended = run_body(until_end);
    const auto failed = run_body(until_error);

    CHECK(ended.error() == io::error::end_of_stream);
    CHECK(ended.count() == 4);
    CHECK(failed.error() == broken);
    CHECK(failed.count() == 6);
}

TEST_CASE("read_exactly and write_all of nothing ask the stream for nothing") {
    scripted_stream stream({});
    auto reads = [&] { return io::read_exactly(stream, io::buffer_view()); };
    auto writes = [&] { return io::write_all(stream, io::const_buffer_view()); };

    CHECK(*run_body(reads) == 0);
    CHECK(*run_body(writes) == 0);
    CHECK(stream.asked.empty());
}

TEST_CASE("write_all goes on until all is sent, and reports what was before an error") {
    scripted_stream stream({7, 3});
    scripted_stream failing({7, io::transfer(broken, 0)});
    scripted_stream stuck({7, 0});
    const std::string text = "0123456789";
    auto whole = [&] { return io::write_all(stream, text); };
    auto part = [&] { return io::write_all(failing, text); };
    auto none = [&] { return io::write_all(stuck, text); };

    const auto sent = run_body(whole);
    const auto failed = run_body(part);
    const auto stopped = run_body(none);

    CHECK(*sent == 10);
    CHECK(stream.asked == asked_for{10, 3});
    CHECK(failed.error() == broken);
    CHECK(failed.count() == 7);
    CHECK(stopped.error() == std::errc::io_error);
    CHECK(stopped.count() == 7);
}

TEST_CASE("a cancelled read_exactly says how much it had") {
    const auto ends = make_pipe();
    put(ends.second, "abc");
    std::array<char, 10> buffer;
    auto body = [&]() -> io::task<io::transfer> {
        co_return co_await io::within(1ms, io::read_exactly(ends.first, buffer));
    };

    const auto got = run_body(body);

    CHECK(got.error() == io::error::timed_out);
    CHECK(got.count() == 3);
    CHECK(std::string(buffer.data(), 3) == "abc");
}

TEST_CASE("a cancelled write_all says how much the pipe took, no more and no less") {
    const auto ends = make_pipe();
    const std::vector<char> much(1 << 20, 'x');
    std::vector<char> back(much.size());
    auto body = [&]() -> io::task<io::transfer> {
        co_return co_await io::within(1ms, io::write_all(ends.second, much));
    };

    const auto sent = run_body(body);

    CHECK(sent.error() == io::error::timed_out);
    CHECK(sent.count() > 0);
    CHECK(::read(ends.first.number(), back.data(), back.size()) ==
          static_cast<ssize_t>(sent.count()));
}

TEST_CASE("write_all and read_exactly move a megabyte through a pipe") {
    const auto ends = make_pipe();
    std::string much(1 << 20, '\0');
    std::generate(much.begin(), much.end(),
                  [n = 0u]() mutable { return static_cast<char>(n = n * 1664525u + 1013904223u); });
    std::string back(much.size(), '\0');
    auto body = [&]() -> io::task<> {
        const auto both = co_await io::when_all(io::write_all(ends.second, much),
                                                io::read_exactly(ends.first, back));
        CHECK(*std::get<0>(both) == much.size());
        CHECK(*std::get<1>(both) == much.size());
    };

    run_body(body);

    CHECK((back == much));
}

TEST_CASE("read_to_end takes what comes until the peer is done") {
    auto ends = make_pipe();
    const std::string text(100'000, 'x');
    auto body = [&]() -> io::task<io::result<std::vector<std::byte>>> {
        auto fill = [&]() -> io::task<> {
            const auto sent = co_await io::write_all(ends.second, text);
            CHECK(sent);
            ends.second = {};
        };
        auto both = co_await io::when_all(io::read_to_end(ends.first, 1 << 20), fill());
        co_return std::move(std::get<0>(both));
    };

    const auto all = run_body(body);

    REQUIRE(all);
    CHECK(all->size() == text.size());
    CHECK(std::ranges::all_of(*all, [](std::byte each) { return each == std::byte('x'); }));
}

TEST_CASE("read_to_end takes exactly its limit, and one byte more is limit_exceeded") {
    auto limited = [](std::size_t limit) {
        auto ends = make_pipe();
        put(ends.second, "12345");
        ends.second = {};
        auto body = [&] { return io::read_to_end(ends.first, limit); };
        return run_body(body);
    };

    CHECK(limited(5)->size() == 5);
    CHECK(limited(4).error() == io::error::limit_exceeded);
    CHECK(limited(0).error() == io::error::limit_exceeded);
    CHECK(limited(SIZE_MAX)->size() == 5);
}

TEST_CASE("read_to_end of nothing is empty, with a limit of nothing too") {
    auto ends = make_pipe();
    ends.second = {};
    auto body = [&] { return io::read_to_end(ends.first, 0); };

    const auto all = run_body(body);

    REQUIRE(all);
    CHECK(all->empty());
}

TEST_CASE("read_to_end asks for memory by what arrived, never by its limit") {
    scripted_stream stream({4096, 1, 0});
    auto body = [&] { return io::read_to_end(stream, SIZE_MAX); };

    const auto all = run_body(body);

    CHECK(all->size() == 4097);
    CHECK(stream.asked == asked_for{4096, 4096, 4095});
}

TEST_CASE("read_to_end passes on the stream's error") {
    scripted_stream stream({3, io::transfer(broken, 0)});
    auto body = [&] { return io::read_to_end(stream, 100); };

    CHECK(run_body(body).error() == broken);
}
