#include "aio/sp/frames.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/sp/message.hpp"
#include "aio/sp/protocol.hpp"
#include "runtime/error.hpp"

using namespace std::string_view_literals;
using lariat::check_greeting;
using lariat::message;
using lariat::sp_frame_reader;
using lariat::sp_frame_writer;
using lariat::sp_mapping;
using lariat::sp_protocol;

namespace {

constexpr std::size_t limit = 1024 * 1024;

/// Gives the reader as much of `text` as it has room for, at most `step` bytes.
void give(sp_frame_reader& to, std::string_view& text, std::size_t step) {
    std::size_t given = 0;
    for (const lariat::buffer_view& each : to.room()) {
        const std::size_t count = std::min({each.size(), text.size(), step - given});
        std::copy_n(text.data(), count, reinterpret_cast<char*>(each.data()));
        text.remove_prefix(count);
        given += count;
    }
    to.advance(given);
}

std::vector<std::string> read_all(sp_frame_reader& from, std::string_view text,
                                  std::size_t step = SIZE_MAX) {
    std::vector<std::string> found;
    message one;
    while (!text.empty() && !from.error()) {
        give(from, text, step);
        while (from.next(one)) found.emplace_back(one.text());
    }
    return found;
}

std::string written(sp_frame_writer& by) {
    std::string all;
    for (const lariat::const_buffer_view& each : by.views())
        all.append(reinterpret_cast<const char*>(each.data()), each.size());
    return all;
}

std::string frame_of(std::string_view text, sp_mapping mapping = sp_mapping::tcp) {
    sp_frame_writer writer(mapping);
    const message one(text);
    (void)writer.add(one);
    return written(writer);
}

constexpr std::array head{std::byte{'h'}, std::byte{'d'}, std::byte{':'}};

constexpr sp_protocol all[] = {sp_protocol::pair0, sp_protocol::pub, sp_protocol::sub,
                               sp_protocol::req,   sp_protocol::rep, sp_protocol::push,
                               sp_protocol::pull};

lariat::sp_greeting greeting(std::string_view bytes) {
    lariat::sp_greeting made{};
    std::transform(bytes.begin(), bytes.end(), made.begin(),
                   [](char each) { return static_cast<std::byte>(each); });
    return made;
}

}  // namespace

TEST_CASE("a frame is a length of 64 bits, big-endian, and the message") {
    CHECK(frame_of("abc") == "\0\0\0\0\0\0\0\3abc"sv);
    CHECK(frame_of("") == "\0\0\0\0\0\0\0\0"sv);
    CHECK(frame_of(std::string(0x10203, 'x')).substr(0, 9) == "\0\0\0\0\0\1\2\3x"sv);
}

TEST_CASE("a frame between processes has a byte of 1 before its length") {
    CHECK(frame_of("abc", sp_mapping::ipc) == "\1\0\0\0\0\0\0\0\3abc"sv);
}

TEST_CASE("messages are read whatever the steps in which their bytes come") {
    const std::vector<std::string> sent{
        "one", "", std::string(3000, 'x'), "two", std::string(100'000, 'y'), "three"};
    for (const sp_mapping mapping : {sp_mapping::tcp, sp_mapping::ipc}) {
        std::string bytes;
        for (const auto& each : sent) bytes += frame_of(each, mapping);
        for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7},
                                       std::size_t{4096}, std::size_t{SIZE_MAX}}) {
            sp_frame_reader reader(mapping, limit);

            const auto got = read_all(reader, bytes, step);

            CHECK(got == sent);
            CHECK(!reader.error());
            CHECK(reader.whole());
        }
    }
}

TEST_CASE("a message that has come in part is no message, and not lost") {
    sp_frame_reader reader(sp_mapping::tcp, limit);
    const std::string bytes = frame_of(std::string(5000, 'z'));
    CHECK(read_all(reader, bytes.substr(0, 4000)).empty());
    CHECK(!reader.whole());

    const auto got = read_all(reader, bytes.substr(4000));

    CHECK(got == std::vector{std::string(5000, 'z')});
}

TEST_CASE("the rest of a large message goes to where it will stay") {
    sp_frame_reader reader(sp_mapping::tcp, limit);
    CHECK(read_all(reader, frame_of(std::string(100'000, 'z')).substr(0, 1000)).empty());

    const auto room = reader.room();

    REQUIRE(room.size() == 2);
    CHECK(room[0].size() == 100'000 - 992);
    CHECK(!room[1].empty());
}

TEST_CASE("a length above the limit is refused before anything is allocated") {
    sp_frame_reader reader(sp_mapping::tcp, limit);

    const auto at_the_limit = read_all(reader, "\0\0\0\0\0\x10\0\0"sv);
    CHECK(at_the_limit.empty());
    CHECK(!reader.error());
    sp_frame_reader other(sp_mapping::tcp, limit);
    const auto above = read_all(other, "\0\0\0\0\0\x10\0\1"sv);
    sp_frame_reader third(sp_mapping::tcp, limit);
    const auto far_above = read_all(third, "\xff\xff\xff\xff\xff\xff\xff\xff"sv);

    CHECK(above.empty());
    CHECK(other.error() == lariat::error::limit_exceeded);
    CHECK(other.room().size() == 1);  // Nowhere for it to go.
    CHECK(far_above.empty());
    CHECK(third.error() == lariat::error::limit_exceeded);
}

TEST_CASE("without a limit any length is good, as far as there is memory") {
    sp_frame_reader reader(sp_mapping::tcp, lariat::no_longest_message);
    const std::string large(3 * limit, 'l');

    const auto got = read_all(reader, frame_of(large));

    CHECK(got == std::vector{large});
}

TEST_CASE("a byte that is not 1 before a length is an error as soon as it is there") {
    sp_frame_reader reader(sp_mapping::ipc, limit);

    const auto got = read_all(reader, frame_of("good", sp_mapping::ipc) + "\2");

    CHECK(got == std::vector<std::string>{"good"});
    CHECK(reader.error() == std::errc::protocol_error);
}

TEST_CASE("many small messages are one view of bytes") {
    sp_frame_writer writer(sp_mapping::tcp);
    std::string expected;
    for (int i = 0; i < 100; ++i) {
        const message one(std::to_string(i));

        CHECK(writer.add(one) == sp_frame_writer::added::copied);

        expected += frame_of(std::to_string(i));
    }
    CHECK(writer.views().size() == 1);
    CHECK(written(writer) == expected);
}

TEST_CASE("large messages are sent from where they are, between the small ones") {
    sp_frame_writer writer(sp_mapping::tcp);
    const message small("small");
    const message large(std::string(50'000, 'l'));

    CHECK(writer.add(small) == sp_frame_writer::added::copied);
    CHECK(writer.add(large) == sp_frame_writer::added::referred);
    CHECK(writer.add(small) == sp_frame_writer::added::copied);

    const auto views = writer.views();
    REQUIRE(views.size() == 3);
    CHECK(views[1].data() == large.data());
    CHECK(written(writer) ==
          frame_of("small") + frame_of(std::string(50'000, 'l')) + frame_of("small"));
}

TEST_CASE("a writer takes what there is room for, and takes more when all is sent") {
    sp_frame_writer writer(sp_mapping::tcp);
    const message small(std::string(1000, 's'));
    std::size_t count = 0;
    while (writer.add(small) == sp_frame_writer::added::copied) ++count;
    CHECK(count > 10);

    writer.advance(written(writer).size());

    CHECK(writer.all_sent());
    CHECK(writer.add(small) == sp_frame_writer::added::copied);
    CHECK(written(writer) == frame_of(std::string(1000, 's')));
    std::size_t large_ones = 0;
    const message large(std::string(5000, 'l'));
    while (writer.add(large) == sp_frame_writer::added::referred) ++large_ones;
    CHECK(large_ones == 16);
}

TEST_CASE("a frame is torn from the first byte that was sent to the last") {
    sp_frame_writer writer(sp_mapping::tcp);
    const message large(std::string(5000, 'l'));
    (void)writer.add(large);
    CHECK(!writer.torn());

    writer.advance(1);
    CHECK(writer.torn());
    writer.advance(8);
    CHECK(writer.torn());
    CHECK(written(writer) == std::string(4999, 'l'));
    writer.advance(4999);

    CHECK(!writer.torn());
    CHECK(writer.all_sent());
}

TEST_CASE("a message owns a copy of what it was made from") {
    std::string text = "hello";
    const message made{std::string_view(text)};

    text = "other";

    CHECK(made.text() == "hello");
    CHECK(made.size() == 5);
    CHECK(message().empty());
    CHECK(message(std::size_t{0}).empty());
    CHECK(message("").text() == "");
}

TEST_CASE("a message that was moved from is empty, and can be used again") {
    message one("one");

    message other = std::move(one);

    CHECK(other.text() == "one");
    CHECK(one.empty());
    one = message("again");
    CHECK(one.text() == "again");
    auto& itself = one;
    one = std::move(itself);
    CHECK(one.text() == "again");
}

TEST_CASE("a header in front of a message takes the room that is there") {
    message one("body");
    const std::byte* const before = one.data();

    one.push_front(head);

    CHECK(one.text() == "hd:body");
    CHECK(one.data() == before - head.size());
}

TEST_CASE("a header that was taken off leaves room for another one") {
    message one("hd:body");
    one.drop_front(3);

    one.push_front(head);

    CHECK(one.text() == "hd:body");
}

TEST_CASE("headers that exceed the room in front move the message") {
    message one("body");
    std::string expected = "body";

    for (int i = 0; i < 40; ++i) {
        one.push_front(head);
        expected.insert(0, "hd:");
    }

    CHECK(one.text() == expected);
}

TEST_CASE("a header in front of nothing is a message") {
    message one;

    one.push_front(head);

    CHECK(one.text() == "hd:");
}

TEST_CASE("messages that share bytes do not see what the others write") {
    message one("shared");
    message other = one.share();
    REQUIRE(one.data() == other.data());

    std::memcpy(other.writable().data(), "ch", 2);
    one.push_front(head);

    CHECK(other.text() == "chared");
    CHECK(one.text() == "hd:shared");
    CHECK(message().share().empty());
}

TEST_CASE("the last of those that share bytes writes where they are") {
    message one("shared");
    {
        const message other = one.share();
    }
    const std::byte* const before = one.data();

    const auto bytes = one.writable();

    CHECK(bytes.data() == before);
}

TEST_CASE("a size that no memory has room for is an error, not an end") {
    const auto made = message::of_size(SIZE_MAX - 8);

    CHECK(made.error() == std::errc::not_enough_memory);
}

TEST_CASE("a greeting is a zero, SP, a version, the protocol's number and two zeros") {
    CHECK(greeting_of(sp_protocol::pair0) == greeting("\0SP\0\0\x10\0\0"sv));
    CHECK(greeting_of(sp_protocol::pub) == greeting("\0SP\0\0\x20\0\0"sv));
    CHECK(greeting_of(sp_protocol::sub) == greeting("\0SP\0\0\x21\0\0"sv));
    CHECK(greeting_of(sp_protocol::req) == greeting("\0SP\0\0\x30\0\0"sv));
    CHECK(greeting_of(sp_protocol::rep) == greeting("\0SP\0\0\x31\0\0"sv));
    CHECK(greeting_of(sp_protocol::push) == greeting("\0SP\0\0\x50\0\0"sv));
    CHECK(greeting_of(sp_protocol::pull) == greeting("\0SP\0\0\x51\0\0"sv));
}

TEST_CASE("each protocol talks to its own counterpart and to no other") {
    for (const sp_protocol own : all) {
        CHECK(peer_of(peer_of(own)) == own);
        for (const sp_protocol theirs : all) {
            const auto outcome = check_greeting(greeting_of(theirs), own);
            if (theirs == peer_of(own))
                CHECK(outcome);
            else
                CHECK(outcome.error() == std::errc::wrong_protocol_type);
        }
    }
}

TEST_CASE("a greeting with any byte wrong is refused") {
    const auto good = greeting_of(sp_protocol::pull);
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto bad = good;
            bad[i] ^= std::byte(1 << bit);

            const auto outcome = check_greeting(bad, sp_protocol::push);

            const bool numbered = i == 4 || i == 5;
            CHECK(outcome.error() ==
                  (numbered ? std::errc::wrong_protocol_type : std::errc::protocol_error));
        }
    }
}
