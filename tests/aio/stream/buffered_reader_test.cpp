#include "aio/stream/buffered_reader.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
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

struct fed_reader : fed_stream {
    io::buffered_reader<io::testing::memory_stream&> reader{stream(), 8};

    std::string buffered() const {
        const auto bytes = reader.buffered();
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

io::task<std::vector<std::string>> all_lines(fed_reader& fed, std::size_t limit) {
    std::vector<std::string> lines;
    for (;;) {
        const auto line = co_await fed.reader.read_line(limit);
        if (!line) co_return lines;
        lines.emplace_back(*line);
    }
}

io::task<std::vector<std::string>> all_parts(fed_reader& fed, std::string_view delimiter) {
    std::vector<std::string> parts;
    for (;;) {
        const auto part = co_await fed.reader.read_until(delimiter, 100);
        if (!part) co_return parts;
        parts.emplace_back(*part);
    }
}

std::string text_of(const io::result<std::string_view>& outcome) {
    return outcome ? std::string(*outcome) : outcome.error().message();
}

/// A reader whose one line never ends, and what reads from it.
template <class Read>
void give_up_at_every_byte(std::string_view text, give_up how, Read read) {
    for (std::size_t before = 0; before < text.size(); ++before) {
        fed_reader fed;
        running first(fed.at, patiently(read(fed)));
        fed.at.run_until_idle();
        for (const char each : text.substr(0, before)) fed.feed({&each, 1});
        REQUIRE(!first.done());
        std::ignore = given_up(fed, how, first);
        CHECK(fed.buffered() == text.substr(0, before));

        running again(fed.at, read(fed));
        for (const char each : text.substr(before)) fed.feed({&each, 1});

        REQUIRE(again.done());
        CHECK(again.take());
        CHECK(fed.buffered().empty());
    }
}

template <class Read>
void destroy_at_every_byte(std::string_view text, Read read) {
    for (std::size_t before = 0; before < text.size(); ++before) {
        fed_reader fed;
        {
            running dies(fed.at, read(fed));
            fed.at.run_until_idle();
            for (const char each : text.substr(0, before)) fed.feed({&each, 1});
            REQUIRE(!dies.done());
        }
        CHECK(fed.buffered() == text.substr(0, before));

        running again(fed.at, read(fed));
        fed.feed(text.substr(before));

        REQUIRE(again.done());
        CHECK(again.take().error() == io::error::torn);
    }
}

/// Yields what a script says; the bytes are those of a text.
class scripted_source {
  public:
    scripted_source(std::string text, std::deque<io::transfer> steps)
        : text_(std::move(text)), steps_(std::move(steps)) {}

    io::task<io::transfer> receive(io::buffer_view into) {
        asked.push_back(into.size());
        const io::transfer step = steps_.front();
        steps_.pop_front();
        std::copy_n(text_.data() + at_, step.count(), reinterpret_cast<char*>(into.data()));
        at_ += step.count();
        co_return step;
    }

    std::vector<std::size_t> asked;

  private:
    std::string text_;
    std::deque<io::transfer> steps_;
    std::size_t at_ = 0;
};

const auto broken = std::make_error_code(std::errc::broken_pipe);

}  // namespace

TEST_CASE("lines end with LF or CR LF, whatever the pieces that they come in") {
    const std::string_view text = "a\r\n\nbc\r\rd\n";
    const std::vector<std::string> expected{"a", "", "bc\r\rd"};
    for (std::size_t cuts = 0; cuts < ways_to_cut(text); ++cuts) {
        fed_reader fed;
        running lines(fed.at, all_lines(fed, 100));

        for (const auto piece : pieces(text, cuts)) fed.feed(piece);
        fed.end();

        CHECK(lines.take() == expected);
    }
}

TEST_CASE("a delimiter of several bytes is found wherever it is cut") {
    const std::string_view text = "\r\n\rb\r\n\r\n\n";
    const std::vector<std::string> expected{"\r\n\rb"};
    for (std::size_t cuts = 0; cuts < ways_to_cut(text); ++cuts) {
        fed_reader fed;
        running parts(fed.at, all_parts(fed, "\r\n\r\n"));

        for (const auto piece : pieces(text, cuts)) fed.feed(piece);
        fed.end();

        CHECK(parts.take() == expected);
    }
}

TEST_CASE("a line longer than the usual memory comes whole, and so does what follows it") {
    fed_reader fed;
    const std::string lengthy(1000, 'x');
    running lines(fed.at, all_lines(fed, 1002));

    fed.feed(lengthy + "\r\nshort\n");
    fed.end();

    CHECK(lines.take() == std::vector<std::string>{lengthy, "short"});
}

TEST_CASE("a line of exactly the limit comes, and one byte more is limit_exceeded and stays") {
    fed_reader fed;
    fed.feed("123\n12345\n");

    running fits(fed.at, fed.reader.read_line(4));
    fed.at.run_until_idle();
    running exceeds(fed.at, fed.reader.read_line(5));
    fed.at.run_until_idle();
    running allowed(fed.at, fed.reader.read_line(6));
    fed.at.run_until_idle();

    CHECK(text_of(fits.take()) == "123");
    CHECK(exceeds.take().error() == io::error::limit_exceeded);
    CHECK(text_of(allowed.take()) == "12345");
}

TEST_CASE("a limit is reached before the end of a line has come, and with a limit of 0 at once") {
    fed_reader fed;
    running none(fed.at, fed.reader.read_line(0));
    running waits(fed.at, fed.reader.read_until("--", 3));
    fed.at.run_until_idle();
    CHECK(none.take().error() == io::error::limit_exceeded);

    fed.feed("12");
    REQUIRE(!waits.done());
    fed.feed("3");

    CHECK(waits.take().error() == io::error::limit_exceeded);
    CHECK(fed.buffered() == "123");
}

TEST_CASE("an end in the middle of a line is end_of_stream, and leaves what came") {
    fed_reader fed;
    fed.feed("half a li");
    fed.end();

    running line(fed.at, fed.reader.read_line(100));
    fed.at.run_until_idle();
    running exact(fed.at, fed.reader.peek(10));
    fed.at.run_until_idle();

    CHECK(line.take().error() == io::error::end_of_stream);
    CHECK(exact.take().error() == io::error::end_of_stream);
    CHECK(fed.buffered() == "half a li");
}

TEST_CASE("a read that is given up at any byte has taken none, and goes on when called again") {
    std::array<char, 7> room{};
    const auto line = [](fed_reader& fed) { return fed.reader.read_line(100); };
    const auto part = [](fed_reader& fed) { return fed.reader.read_until("\r\n\r\n", 100); };
    const auto whole = [&](fed_reader& fed) { return fed.reader.read_exactly(room); };
    for (const give_up how : {give_up::cancel, give_up::deadline}) {
        give_up_at_every_byte("a line of text\r\n", how, line);
        give_up_at_every_byte("GET /\r\n\r\r\n\r\n", how, part);
        give_up_at_every_byte("exactly", how, whole);
        CHECK(std::string_view(room.data(), room.size()) == "exactly");
    }
}

TEST_CASE("after a read that was destroyed as it waited the reader says that it is torn") {
    std::array<char, 7> room{};
    destroy_at_every_byte("a line\n", [](fed_reader& fed) { return fed.reader.read_line(100); });
    destroy_at_every_byte("exactly",
                          [&](fed_reader& fed) { return fed.reader.read_exactly(room); });
    destroy_at_every_byte("x", [&](fed_reader& fed) { return fed.reader.receive(room); });
}

TEST_CASE("a cancelled read_exactly of a stream is resumed behind what it counted") {
    const std::string_view text = "exactly";
    for (std::size_t before = 0; before < text.size(); ++before) {
        fed_stream fed;
        std::array<char, 7> room{};
        running first(fed.at, io::read_exactly(fed.stream(), room));
        fed.at.run_until_idle();
        for (const char each : text.substr(0, before)) fed.feed({&each, 1});
        const io::transfer had = given_up(fed, give_up::cancel, first);
        CHECK(had.count() == before);

        const auto rest = io::buffer_view(room).drop_first(had.count());
        running again(fed.at, io::read_exactly(fed.stream(), rest));
        fed.feed(text.substr(before));

        CHECK(*again.take() == text.size() - before);
        CHECK(std::string_view(room.data(), room.size()) == text);
    }
}

TEST_CASE("what is there already needs no time: a limit of zero takes it") {
    fed_reader fed;
    fed.feed("one\ntwo\n");
    const auto at_once = [&]() -> io::task<io::result<std::string_view>> {
        co_return co_await io::within(0s, fed.reader.read_line(100));
    };

    running one(fed.at, at_once());
    fed.at.run_until_idle();
    running two(fed.at, at_once());
    fed.at.run_until_idle();
    running none(fed.at, at_once());
    fed.at.run_until_idle();

    CHECK(text_of(one.take()) == "one");
    CHECK(text_of(two.take()) == "two");
    CHECK(none.take().error() == io::error::timed_out);
}

TEST_CASE("peek leaves the bytes, and consume takes as many as it is told") {
    fed_reader fed;
    fed.feed("0123456789");

    running seen(fed.at, fed.reader.peek(10));
    fed.at.run_until_idle();
    REQUIRE(seen.take()->size() == 10);
    fed.reader.consume(4);
    running rest(fed.at, fed.reader.peek(3));
    fed.at.run_until_idle();

    CHECK(rest.take()->size() == 3);
    CHECK(fed.buffered() == "456789");
    CHECK(
        dies_with("read_buffer: more bytes taken than are there", [&] { fed.reader.consume(7); }));
}

TEST_CASE(
    "receive gives out what is there, then what comes; 0 at the end and for an empty buffer") {
    fed_reader fed;
    std::array<char, 4> small{};
    fed.feed("0123456789");
    std::string all;
    const auto receive_all = [&]() -> io::task<> {
        for (;;) {
            const auto got = co_await fed.reader.receive(small);
            if (!got || *got == 0) co_return;
            all.append(small.data(), *got);
        }
    };
    running nothing(fed.at, fed.reader.receive({}));
    running receiving(fed.at, receive_all());
    fed.at.run_until_idle();
    CHECK(*nothing.take() == 0);

    fed.feed("ab");
    fed.end();

    CHECK(receiving.done());
    CHECK(all == "0123456789ab");
}

TEST_CASE("a large receive does not pass through the reader's memory") {
    io::testing::manual_home at;
    io::buffered_reader reader(scripted_source("0123456789abcdef", {12, 4, 0}), 8);
    std::array<char, 16> room{};

    running large(at, reader.receive(room));
    at.run_until_idle();
    running small(at, reader.receive(io::buffer_view(room).first(7)));
    at.run_until_idle();
    running end(at, reader.receive(room));
    at.run_until_idle();

    CHECK(*large.take() == 12);
    CHECK(*small.take() == 4);
    CHECK(*end.take() == 0);
    CHECK(reader.stream().asked == std::vector<std::size_t>{16, 8, 16});
}

TEST_CASE("bytes that came with an error are there when the error has been told") {
    io::testing::manual_home at;
    io::buffered_reader reader(
        scripted_source("a\nbc", {io::transfer(broken, 2), io::transfer(broken, 2)}));
    std::array<char, 4> room{};

    running line(at, reader.read_line(100));
    at.run_until_idle();
    running again(at, reader.read_line(100));
    at.run_until_idle();
    CHECK(text_of(again.take()) == "a");
    running received(at, reader.receive(room));
    at.run_until_idle();

    CHECK(line.take().error() == broken);
    const auto got = received.take();
    CHECK(got.error() == broken);
    CHECK(got.count() == 2);
}

TEST_CASE("two reads at the same time, and an empty delimiter, are mistakes") {
    CHECK(dies_with("buffered_reader: two reads at the same time", [] {
        fed_reader fed;
        running one(fed.at, fed.reader.read_line(10));
        running other(fed.at, fed.reader.read_line(10));
        fed.at.run_until_idle();
    }));
    CHECK(dies_with("read_until: an empty delimiter is everywhere", [] {
        fed_reader fed;
        running never(fed.at, fed.reader.read_until("", 10));
    }));
}

TEST_CASE("the memory grows with what has come, never with what is allowed") {
    io::read_buffer buffer(16);
    std::vector<std::size_t> rooms;

    while (buffer.size() < 100) {
        const auto room = buffer.room(100);
        REQUIRE(room);
        rooms.push_back(room->size());
        buffer.advance(room->size());
    }

    CHECK(rooms == std::vector<std::size_t>{16, 16, 32, 36});
    CHECK(
        dies_with("read_buffer: asked for room beyond its limit", [&] { (void)buffer.room(100); }));
}

TEST_CASE("the memory of what was taken is used again") {
    io::read_buffer buffer(16);
    std::size_t most = 0;

    for (int round = 0; round < 100; ++round) {
        const auto room = buffer.room(SIZE_MAX);
        REQUIRE(room);
        most = std::max(most, buffer.size() + room->size());
        buffer.advance(std::min<std::size_t>(room->size(), 7));
        buffer.drop(std::min<std::size_t>(buffer.size(), 6));
        if (buffer.size() > 8) buffer.drop(8);
    }

    CHECK(most <= 16);
}
