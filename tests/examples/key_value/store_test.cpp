#include "tests/examples/key_value/store.hpp"

#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using key_value::afterwards;

namespace {

std::string answer(key_value::store& values, std::initializer_list<std::string_view> command,
                   afterwards expected = afterwards::go_on) {
    std::string text;
    key_value::reply_writer reply(text);
    const std::vector<std::string_view> words(command);
    CHECK((values.execute(words, reply) == expected));
    return text;
}

}  // namespace

TEST_CASE("a value is what was set last, whatever bytes it has") {
    key_value::store values;
    const std::string bytes("a\r\n\0b", 5);

    CHECK(answer(values, {"GET", "key"}) == "$-1\r\n");
    CHECK(answer(values, {"SET", "key", "one"}) == "+OK\r\n");
    CHECK(answer(values, {"set", "key", bytes}) == "+OK\r\n");
    CHECK(answer(values, {"Get", "key"}) == "$5\r\n" + bytes + "\r\n");
    CHECK(answer(values, {"SET", "key", ""}) == "+OK\r\n");
    CHECK(answer(values, {"GET", "key"}) == "$0\r\n\r\n");
}

TEST_CASE("DEL counts the keys that were there") {
    key_value::store values;
    answer(values, {"SET", "a", "1"});
    answer(values, {"SET", "b", "2"});

    CHECK(answer(values, {"DEL", "a", "none", "b", "a"}) == ":2\r\n");
    CHECK(values.size() == 0);
}

TEST_CASE("INCR counts from nothing, and refuses what is no integer or would overflow") {
    key_value::store values;

    CHECK(answer(values, {"INCR", "n"}) == ":1\r\n");
    CHECK(answer(values, {"INCR", "n"}) == ":2\r\n");
    CHECK(answer(values, {"GET", "n"}) == "$1\r\n2\r\n");
    answer(values, {"SET", "n", "-1"});
    CHECK(answer(values, {"INCR", "n"}) == ":0\r\n");
    answer(values, {"SET", "n", "9223372036854775807"});
    CHECK(answer(values, {"INCR", "n"}) == "-ERR increment or decrement would overflow\r\n");
    for (const char* text :
         {"", "x", "1x", " 1", "1 ", "+1", "01", "-0", "1.0", "0x1", "9223372036854775808"}) {
        INFO(text);
        answer(values, {"SET", "n", text});
        CHECK(answer(values, {"INCR", "n"}) == "-ERR value is not an integer or out of range\r\n");
        CHECK(answer(values, {"GET", "n"}) ==
              "$" + std::to_string(std::string_view(text).size()) + "\r\n" + text + "\r\n");
    }
}

TEST_CASE("what clients ask before they begin has an answer") {
    key_value::store values;

    CHECK(answer(values, {"PING"}) == "+PONG\r\n");
    CHECK(answer(values, {"PING", "hello"}) == "$5\r\nhello\r\n");
    CHECK(answer(values, {"ECHO", "hello"}) == "$5\r\nhello\r\n");
    CHECK(answer(values, {"SELECT", "0"}) == "+OK\r\n");
    CHECK(answer(values, {"SELECT", "1"}) == "-ERR DB index is out of range\r\n");
    CHECK(answer(values, {"CONFIG", "GET", "save"}) == "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
    CHECK(answer(values, {"CONFIG", "GET", "port"}) == "*0\r\n");
    CHECK(answer(values, {"COMMAND", "DOCS"}) == "*0\r\n");
    CHECK(answer(values, {"HELLO", "3"}) == "-NOPROTO unsupported protocol version\r\n");
    CHECK(answer(values, {"QUIT"}, afterwards::hang_up) == "+OK\r\n");
}

TEST_CASE("a command that is unknown or has too few or too many words changes nothing") {
    key_value::store values;

    for (const auto& command : std::vector<std::vector<std::string_view>>{{"GET"},
                                                                          {"GET", "a", "b"},
                                                                          {"SET"},
                                                                          {"SET", "a"},
                                                                          {"DEL"},
                                                                          {"INCR"},
                                                                          {"ECHO"},
                                                                          {"INCR", "a", "b"},
                                                                          {"PING", "a", "b"},
                                                                          {"SELECT"},
                                                                          {"CONFIG", "SET", "a"}}) {
        std::string text;
        key_value::reply_writer reply(text);
        values.execute(command, reply);
        CHECK(text ==
              "-ERR wrong number of arguments for '" + std::string(command[0]) + "' command\r\n");
    }
    CHECK(answer(values, {"SET", "a", "1", "EX", "5"}) == "-ERR syntax error\r\n");
    CHECK(answer(values, {"FLUSHDATABASE"}) == "-ERR unknown command 'FLUSHDATABASE'\r\n");
    CHECK(answer(values, {"GE\r\n'T"}) == "-ERR unknown command 'GE???T'\r\n");
    CHECK(answer(values, {""}) == "-ERR unknown command ''\r\n");
    CHECK(values.size() == 0);
}

TEST_CASE("what the store has no room for is refused, and what is there stays") {
    key_value::store values(390);
    const std::string large(200, 'x');

    CHECK(answer(values, {"SET", "a", large}) == "+OK\r\n");
    CHECK(answer(values, {"SET", "b", large}).starts_with("-OOM "));
    CHECK(answer(values, {"GET", "a"}) == "$200\r\n" + large + "\r\n");
    CHECK(answer(values, {"SET", "a", "small"}) == "+OK\r\n");
    CHECK(answer(values, {"SET", "b", "small"}) == "+OK\r\n");
    CHECK(answer(values, {"INCR", "c"}).starts_with("-OOM "));
    CHECK(answer(values, {"DEL", "a", "b"}) == ":2\r\n");
    CHECK(answer(values, {"INCR", "c"}) == ":1\r\n");
}
