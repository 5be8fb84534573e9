#include "tests/examples/key_value/command.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using key_value::command_parser;
using outcome = command_parser::outcome;

namespace {

using words = std::vector<std::string>;

/// Commands that came of a text, and the complaint that ended it, if any.
struct heard {
    std::vector<words> commands;
    std::string complaint;
    std::string rest;

    bool operator==(const heard&) const = default;
};

/// Gives the parser what has arrived so far, in memory of its own that ends where that does.
outcome parse(command_parser& parser, std::string_view arrived, words& command) {
    const auto copy = std::make_unique<char[]>(arrived.size());
    arrived.copy(copy.get(), arrived.size());
    const outcome got = parser.parse({copy.get(), arrived.size()});
    if (got != outcome::complete) return got;
    for (const std::string_view word : parser.arguments()) command.emplace_back(word);
    return got;
}

/// The text arrives in pieces of that size; the first has one of its own.
heard hear(std::string_view text, std::size_t first, std::size_t piece,
           key_value::command_limits limits = {}) {
    heard all;
    command_parser parser(limits);
    std::size_t done = 0;
    for (std::size_t arrived = first;; arrived = std::min(text.size(), arrived + piece)) {
        for (;;) {
            words command;
            const outcome got = parse(parser, text.substr(done, arrived - done), command);
            if (got == outcome::malformed) all.complaint = parser.complaint();
            if (got == outcome::malformed) return all;
            if (got == outcome::incomplete) break;
            all.commands.push_back(command);
            done += parser.size();
        }
        if (arrived == text.size()) break;
    }
    all.rest = text.substr(done);
    return all;
}

heard hear(std::string_view text, key_value::command_limits limits = {}) {
    return hear(text, text.size(), 1, limits);
}

void check_every_split(std::string_view text, const heard& expected,
                       key_value::command_limits limits = {}) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        INFO("the first piece has " << cut << " bytes");
        CHECK(hear(text, cut, text.size(), limits) == expected);
    }
    CHECK(hear(text, 0, 1, limits) == expected);
}

}  // namespace

TEST_CASE("commands are the same however their bytes are split") {
    const std::string value("a\r\nb\0\xff*1", 8);
    const std::string text =
        "*1\r\n$4\r\nPING\r\n"
        "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$8\r\n" +
        value +
        "\r\n"
        "PING\r\n"
        "  get \tkey  \n"
        "*0\r\n"
        "\r\n"
        "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n";
    const heard expected{
        {{"PING"}, {"SET", "key", value}, {"PING"}, {"get", "key"}, {}, {}, {"ECHO", ""}}, "", ""};

    check_every_split(text, expected);
}

TEST_CASE("a command without its end is waited for, whatever is missing") {
    const std::string_view text = "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";

    for (std::size_t size = 0; size < text.size(); ++size) {
        const std::string_view part = text.substr(0, size);
        INFO(part);
        CHECK(hear(part) == heard{{}, "", std::string(part)});
    }
}

TEST_CASE("what no client sends is complained about, however it is split") {
    const struct {
        std::string_view text, complaint;
    } cases[] = {
        {"*x\r\n", "invalid length"},
        {"*\r\n", "invalid length"},
        {"*-\r\n", "invalid length"},
        {"*+1\r\n", "invalid length"},
        {"* 1\r\n", "invalid length"},
        {"*1\n$4\r\nPING\r\n", "invalid length"},
        {"*1\rx", "invalid length"},
        {"*99999999999999999999\r\n", "invalid length"},
        {"*1025\r\n", "invalid multibulk length"},
        {"*1\r\nPING\r\n", "expected '$'"},
        {"*1\r\n:4\r\n", "expected '$'"},
        {"*1\r\n$-1\r\n", "invalid bulk length"},
        {"*1\r\n$1048577\r\n", "invalid bulk length"},
        {"*1\r\n$4\r\nPINGxx", "expected an end of line"},
        {"*1\r\n$4\r\nPING\n\n", "expected an end of line"},
    };

    for (const auto& [text, complaint] : cases) {
        INFO(text);
        check_every_split(text, {{}, std::string(complaint), ""});
    }
}

TEST_CASE("what came before a malformed command was understood") {
    const heard got = hear("PING\r\n*1\r\n$4\r\nQUIT\r\n*x\r\n");

    CHECK(got == heard{{{"PING"}, {"QUIT"}}, "invalid length", ""});
}

TEST_CASE("limits are kept to the byte, before the bytes have come") {
    const key_value::command_limits limits{.arguments = 2, .argument = 5, .total = 24, .line = 8};

    CHECK(hear("*2\r\n$1\r\na\r\n$5\r\n12345\r\n", limits).commands.size() == 1);
    check_every_split("*3\r\n", {{}, "invalid multibulk length", ""}, limits);
    check_every_split("*1\r\n$6\r\n", {{}, "invalid bulk length", ""}, limits);
    check_every_split("*2\r\n$5\r\n12345\r\n$5\r\n", {{}, "too big request", ""}, limits);
    check_every_split("a b c\r\n", {{}, "too many arguments", ""}, limits);
    CHECK(hear("123456\r\n", limits).commands.size() == 1);
    check_every_split("12345678", {{}, "too big inline request", ""}, limits);
}

TEST_CASE("an announced size allocates nothing") {
    command_parser parser;

    CHECK(parser.parse("*1024\r\n$1048576\r\nx") == outcome::incomplete);
    CHECK(parser.arguments().empty());
}
