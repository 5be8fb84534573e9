#include "aio/stream/copy.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "tests/aio/stream/fed.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using io::testing::running;
using namespace std::chrono_literals;

namespace {

/// A source and a sink that say what their script says, and touch no more than they are given; the
/// bytes are those of a text.
class scripted_stream {
  public:
    scripted_stream(std::string text, std::deque<io::transfer> steps)
        : text_(std::move(text)), steps_(std::move(steps)) {}

    io::task<io::transfer> receive(io::buffer_view into) {
        const io::transfer step = next();
        std::copy_n(text_.data() + at_, std::min(step.count(), into.size()),
                    reinterpret_cast<char*>(into.data()));
        at_ += step.count();
        co_return step;
    }
    io::task<io::transfer> send(io::const_buffer_view from) {
        const io::transfer step = next();
        sent.append(reinterpret_cast<const char*>(from.data()),
                    std::min(step.count(), from.size()));
        co_return step;
    }

    std::string sent;

  private:
    io::transfer next() {
        const io::transfer step = steps_.front();
        steps_.pop_front();
        return step;
    }

    std::string text_;
    std::deque<io::transfer> steps_;
    std::size_t at_ = 0;
};

const auto broken = std::make_error_code(std::errc::broken_pipe);
const auto reset = std::make_error_code(std::errc::connection_reset);

io::copied copy_of(std::deque<io::transfer> receives, std::deque<io::transfer> sends,
                   std::string& arrived) {
    io::testing::manual_home at;
    scripted_stream source("0123456789", std::move(receives));
    scripted_stream sink("", std::move(sends));
    running copying(at, io::copy(source, sink, {.size = 4}));
    at.run_until_idle();
    arrived = sink.sent;
    return copying.take();
}

std::string text_of(io::const_buffer_view bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What was fed goes through a narrow way, from which the test takes byte by byte.
struct narrow_copy : fed_stream {
    io::testing::stream_pair way{1};
    std::string arrived;

    auto copying() { return io::copy(stream(), way.left(), {.size = 3}); }

    void take(std::size_t most) {
        for (; most > 0 && way.on_their_way() > 0; --most) {
            std::array<char, 1> byte{};
            running got(at, receive(way.right(), byte));
            at.run_until_idle();
            arrived += byte[0];
        }
    }

    std::string left_at_source() {
        std::array<char, 64> rest{};
        if (pair.on_their_way() == 0) return "";
        running got(at, receive(stream(), rest));
        at.run_until_idle();
        return rest.data();
    }

  private:
    static io::task<> receive(io::testing::memory_stream& from, io::buffer_view into) {
        std::ignore = co_await from.receive(into);
    }
};

}  // namespace

TEST_CASE("a copy goes on until the source ends, whatever the steps, and says how many bytes") {
    std::string arrived;

    const auto done = copy_of({4, 1, 3, 0}, {1, 3, 1, 2, 1}, arrived);

    REQUIRE(done);
    CHECK(*done == 8);
    CHECK(done.side() == io::copy_side::none);
    CHECK(done.rest().empty());
    CHECK(arrived == "01234567");
}

TEST_CASE("an error says whose it is, and what it left unsent is there") {
    std::string arrived;

    const auto of_source = copy_of({4, io::transfer(reset, 0)}, {4}, arrived);
    const auto of_sink = copy_of({4}, {1, io::transfer(broken, 1)}, arrived);
    const auto of_stuck_sink = copy_of({4}, {0}, arrived);

    CHECK(of_source.error() == reset);
    CHECK(of_source.side() == io::copy_side::source);
    CHECK(of_source.count() == 4);
    CHECK(of_source.rest().empty());
    CHECK(of_sink.error() == broken);
    CHECK(of_sink.side() == io::copy_side::sink);
    CHECK(of_sink.count() == 2);
    CHECK(text_of(of_sink.rest()) == "23");
    CHECK(of_stuck_sink.error() == std::errc::io_error);
    CHECK(of_stuck_sink.side() == io::copy_side::sink);
    CHECK(text_of(of_stuck_sink.rest()) == "0123");
}

TEST_CASE("bytes that came with the source's error reach the sink before it is told") {
    std::string arrived;

    const auto failed = copy_of({io::transfer(reset, 3)}, {2, 1}, arrived);

    CHECK(failed.error() == reset);
    CHECK(failed.side() == io::copy_side::source);
    CHECK(failed.count() == 3);
    CHECK(arrived == "012");
}

TEST_CASE("given up at any byte, what arrived, what is held and what is left are all of it") {
    const std::string text = "0123456789abcdef";
    for (const give_up how : {give_up::cancel, give_up::deadline}) {
        for (std::size_t before = 0; before <= text.size(); ++before) {
            narrow_copy narrow;
            running copying(narrow.at, patiently(narrow.copying()));
            narrow.at.run_until_idle();
            narrow.feed(text);
            narrow.take(before);

            const io::copied outcome = given_up(narrow, how, copying);
            narrow.take(1);

            const std::size_t sent = std::min(before + 1, text.size());
            CHECK(outcome.count() == sent);
            CHECK(outcome.side() ==
                  (before + 1 < text.size() ? io::copy_side::sink : io::copy_side::source));
            CHECK(narrow.arrived + text_of(outcome.rest()) + narrow.left_at_source() == text);
        }
    }
}

TEST_CASE("a copy that waits for its source is given up on the source's side") {
    for (const give_up how : {give_up::cancel, give_up::deadline}) {
        narrow_copy narrow;
        running copying(narrow.at, patiently(narrow.copying()));
        narrow.at.run_until_idle();

        const io::copied outcome = given_up(narrow, how, copying);

        CHECK(outcome.side() == io::copy_side::source);
        CHECK(outcome.count() == 0);
    }
}

TEST_CASE("a copy that is destroyed as it waits leaves both streams usable") {
    for (std::size_t before = 0; before < 6; ++before) {
        narrow_copy narrow;
        {
            running copying(narrow.at, narrow.copying());
            narrow.feed("012345");
            narrow.take(before);
            REQUIRE(!copying.done());
        }
        narrow.take(1);
        narrow.arrived.clear();

        running again(narrow.at, narrow.copying());
        narrow.feed("more");
        narrow.end();
        narrow.take(100);

        CHECK(again.take());
        CHECK(narrow.arrived.ends_with("more"));
    }
}

TEST_CASE("a stream that claims more bytes than there are is a mistake") {
    std::string arrived;

    CHECK(dies_with("copy: a source gave more bytes than it was asked for",
                    [&] { std::ignore = copy_of({5}, {}, arrived); }));
    CHECK(dies_with("copy: a sink took more bytes than it was given",
                    [&] { std::ignore = copy_of({4}, {5}, arrived); }));
    CHECK(dies_with("copied: the count of an error was read", [&] {
        const auto failed = copy_of({io::transfer(broken, 0)}, {}, arrived);
        std::ignore = *failed;
    }));
}
