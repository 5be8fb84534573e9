#include "aio/sp/message.hpp"

#include <array>
#include <cstring>
#include <ostream>
#include <string>
#include <utility>

#include <doctest/doctest.h>

using lariat::message;

namespace {

constexpr std::array head{std::byte{'h'}, std::byte{'d'}, std::byte{':'}};

}  // namespace

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
