#include "aio/stream/frame.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
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
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

using memory_reader = io::frame_reader<io::testing::memory_stream&>;
using memory_writer = io::frame_writer<io::testing::memory_stream&>;

std::string text_of(io::const_buffer_view bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// All frames until there is none, and then why.
struct heard {
    std::vector<std::string> frames;
    std::error_code end;
};

io::task<heard> all_frames(memory_reader& reader) {
    heard all;
    for (;;) {
        const auto frame = co_await reader.receive();
        if (!frame) {
            all.end = frame.error();
            co_return all;
        }
        all.frames.push_back(text_of(*frame));
    }
}

/// What a writer sends of the frames that it is given.
io::task<> send_all(memory_writer& writer, std::vector<std::string> frames) {
    for (const auto& each : frames) {
        const auto sent = co_await writer.send(each);
        CHECK(sent);
    }
}

std::string prefix_of(io::frame_format format, std::size_t size) {
    const auto bytes = format.write(size);
    return text_of(io::const_buffer_view(bytes).first(format.prefix));
}

/// A writer whose stream takes one byte at a time, as the peer takes them.
struct dripping_writer : fed_stream {
    dripping_writer() { pair.limit_steps(1); }

    io::testing::stream_pair narrow{1};
    memory_writer writer{narrow.left(), {.prefix = 2}};
    std::string arrived;

    /// No byte of a frame goes out before the peer takes this one.
    void fill() {
        const auto send = [&]() -> io::task<> { std::ignore = co_await narrow.left().send("!"); };
        running sent(at, send());
        at.run_until_idle();
    }

    void take(std::size_t most) {
        for (; most > 0 && narrow.on_their_way() > 0; --most) {
            std::array<char, 1> byte{};
            const auto receive = [&]() -> io::task<> {
                std::ignore = co_await narrow.right().receive(byte);
            };
            running got(at, receive());
            at.run_until_idle();
            arrived += byte[0];
        }
    }
};

}  // namespace

TEST_CASE("a prefix of 1, 2, 4 or 8 bytes tells the size in either order") {
    const io::frame_format two{.prefix = 2};
    const io::frame_format little{.prefix = 4, .order = std::endian::little};

    CHECK(prefix_of(two, 0x102) == "\x01\x02"sv);
    CHECK(prefix_of(little, 0x10203) == "\x03\x02\x01\x00"sv);
    for (const std::size_t bytes : {1U, 2U, 4U, 8U}) {
        for (const auto order : {std::endian::big, std::endian::little}) {
            const io::frame_format format{.prefix = bytes, .order = order, .limit = SIZE_MAX};
            for (const std::size_t size : {0U, 1U, 127U, 128U, 255U})
                CHECK(format.read(format.write(size).data()) == size);
        }
    }
}

TEST_CASE("a size beyond the limit, the prefix or all memory is not allowed") {
    const std::array<std::byte, 8> ones{std::byte(255), std::byte(255), std::byte(255),
                                        std::byte(255), std::byte(255), std::byte(255),
                                        std::byte(255), std::byte(255)};
    const io::frame_format small{.prefix = 1};
    const io::frame_format large{.prefix = 8, .limit = SIZE_MAX};
    const io::frame_format limited{.prefix = 2, .limit = 1000};

    CHECK(small.allows(255));
    CHECK_FALSE(small.allows(256));
    CHECK(limited.allows(1000));
    CHECK_FALSE(limited.allows(1001));
    CHECK(limited.read(ones.data()) == SIZE_MAX);
    CHECK(small.read(ones.data()) == 255);
    CHECK_FALSE(large.allows(SIZE_MAX - 8));
    CHECK(large.allows(SIZE_MAX - 9));
    CHECK(large.read(ones.data()) == SIZE_MAX);
    CHECK(dies_with("frame_format: a prefix has 1, 2, 4 or 8 bytes",
                    [] { (void)io::checked({.prefix = 3}); }));
    CHECK(dies_with("frame_format: a prefix has 1, 2, 4 or 8 bytes",
                    [] { (void)io::checked({.prefix = 16}); }));
}

TEST_CASE("frames come whole, whatever the pieces that they come in, in every format") {
    const std::vector<std::string> expected{"ab", ""};
    for (const std::size_t bytes : {1U, 2U, 4U}) {
        const io::frame_format format{.prefix = bytes, .order = std::endian::little};
        std::string text;
        for (const auto& each : expected) text += prefix_of(format, each.size()) + each;
        for (std::size_t cuts = 0; cuts < ways_to_cut(text); ++cuts) {
            fed_stream fed;
            memory_reader reader(fed.stream(), format, 3);
            running frames(fed.at, all_frames(reader));

            for (const auto piece : pieces(text, cuts)) fed.feed(piece);
            fed.end();

            const heard all = frames.take();
            CHECK(all.frames == expected);
            CHECK(all.end == io::error::end_of_stream);
        }
    }
}

TEST_CASE("what a writer sends a reader hears, frames that are gathered and frames that are not") {
    std::vector<std::string> frames;
    for (const std::size_t size : {0U, 1U, 13U, 14U, 15U, 16U, 17U, 100U, 5000U})
        frames.emplace_back(size, static_cast<char>('a' + size % 26));
    for (const std::size_t step : {1U, 7U, 10'000U}) {
        io::testing::manual_home at;
        io::testing::stream_pair pair(64);
        pair.limit_steps(step);
        memory_writer writer(pair.left(), {.prefix = 2}, 16);
        memory_reader reader(pair.right(), {.prefix = 2}, 16);

        running sent(at, send_all(writer, frames));
        running received(at, all_frames(reader));
        at.run_until_idle();
        pair.left().shutdown_send();
        at.run_until_idle();

        CHECK(sent.done());
        CHECK(received.take().frames == frames);
    }
}

TEST_CASE("an end in the middle of a frame is torn, and between two frames end_of_stream") {
    const std::string frame = "\0\3abc"s;
    for (std::size_t size = 0; size <= frame.size(); ++size) {
        fed_stream fed;
        memory_reader reader(fed.stream(), {.prefix = 2});
        running frames(fed.at, all_frames(reader));

        fed.feed(frame.substr(0, size));
        fed.end();

        const bool whole = size == 0 || size == frame.size();
        CHECK(frames.take().end == (whole ? io::error::end_of_stream : io::error::torn));
    }
}

TEST_CASE("a frame beyond the limit is refused by its prefix, again and again") {
    fed_stream fed;
    memory_reader reader(fed.stream(), {.prefix = 8, .limit = 100});
    fed.feed("\0\0\0\0\0\0\0\x64"s + std::string(100, 'x') + "\x7f\xff\xff\xff\xff\xff\xff\xff"s);

    const auto fits = outcome_of(fed.at, reader.receive());
    const auto exceeds = outcome_of(fed.at, reader.receive());
    const auto again = outcome_of(fed.at, reader.receive());

    CHECK(fits->size() == 100);
    CHECK(exceeds.error() == io::error::limit_exceeded);
    CHECK(again.error() == io::error::limit_exceeded);
}

TEST_CASE("a receive that is given up at any byte goes on with the same frame") {
    const std::string frame = "\0\3abc"s;
    for (const give_up how : {give_up::cancel, give_up::deadline}) {
        for (std::size_t before = 0; before < frame.size(); ++before) {
            fed_stream fed;
            memory_reader reader(fed.stream(), {.prefix = 2});
            running first(fed.at, patiently(reader.receive()));
            fed.at.run_until_idle();
            for (const char each : frame.substr(0, before)) fed.feed({&each, 1});
            std::ignore = given_up(fed, how, first);

            running again(fed.at, reader.receive());
            fed.feed(frame.substr(before));

            CHECK(text_of(*again.take()) == "abc");
        }
    }
}

TEST_CASE(
    "after a partly sent frame is cancelled the stream is not reused for another frame, and before "
    "its first byte it is") {
    const std::string_view body = "0123456789";
    for (const give_up how : {give_up::cancel, give_up::deadline}) {
        for (std::size_t before = 0; before < body.size() + 2; ++before) {
            dripping_writer drip;
            const bool fills = before == 0;
            if (fills) drip.fill();
            running first(drip.at, patiently(drip.writer.send(body)));
            drip.at.run_until_idle();
            if (!fills) drip.take(before - 1);
            std::ignore = given_up(drip, how, first);

            running next(drip.at, drip.writer.send("next"));
            drip.at.run_until_idle();
            drip.take(100);

            REQUIRE(next.done());
            CHECK(drip.writer.torn() == !fills);
            if (fills)
                CHECK(drip.arrived == "!\0\4next"sv);
            else
                CHECK(next.take().error() == io::error::torn);
            if (!fills) CHECK(drip.arrived.size() == before);
        }
    }
}

TEST_CASE("a frame that was destroyed as it was sent leaves the stream torn") {
    for (std::size_t before = 0; before < 12; ++before) {
        dripping_writer drip;
        {
            running dies(drip.at, drip.writer.send("0123456789"));
            drip.at.run_until_idle();
            drip.take(before);
            REQUIRE(dies.done() == (before == 11));
        }

        const bool whole = before == 11;
        CHECK(drip.writer.torn() == !whole);
        running next(drip.at, drip.writer.send("next"));
        drip.at.run_until_idle();
        drip.take(100);
        CHECK(next.take().error() == (whole ? std::error_code() : io::error::torn));
    }
}

TEST_CASE("a frame too long for its format is refused before anything is sent") {
    io::testing::manual_home at;
    io::testing::stream_pair pair;
    memory_writer writer(pair.left(), {.prefix = 1});

    const std::string text(256, 'x');
    const auto long_one = outcome_of(at, writer.send(text));
    const auto short_one = outcome_of(at, writer.send(io::const_buffer_view(text).first(255)));

    CHECK(long_one.error() == io::error::limit_exceeded);
    CHECK(short_one);
    CHECK(pair.on_their_way() == 256);
}

TEST_CASE("a peer that goes in the middle of a frame leaves the writer torn, before it not") {
    for (const std::size_t before : {0U, 1U, 5U}) {
        dripping_writer drip;
        running sending(drip.at, drip.writer.send("0123456789"));
        if (before > 0) drip.at.run_until_idle();
        if (before > 0) drip.take(before - 1);

        drip.narrow.right().close();
        drip.at.run_until_idle();

        CHECK(sending.take().error() == std::errc::broken_pipe);
        CHECK(drip.writer.torn() == (before > 0));
    }
}
