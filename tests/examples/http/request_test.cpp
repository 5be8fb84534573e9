#include "tests/examples/http/request.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "tests/examples/http/target.hpp"

using http::request_parser;
using http::status;
using outcome = request_parser::outcome;

namespace {

/// Gives the parser what has arrived so far, in memory of its own that ends where that does.
outcome parse(request_parser& parser, std::string_view arrived) {
    const auto copy = std::make_unique<char[]>(arrived.size());
    arrived.copy(copy.get(), arrived.size());
    return parser.parse({copy.get(), arrived.size()});
}

outcome parse_pieces(request_parser& parser, std::string_view text, std::size_t first,
                     std::size_t piece) {
    for (std::size_t arrived = first;; arrived = std::min(text.size(), arrived + piece)) {
        const outcome got = parse(parser, text.substr(0, arrived));
        if (got != outcome::incomplete || arrived == text.size()) return got;
    }
}

/// Parses the text split at each byte, and in single bytes; `check` looks at the parser.
template <class Check>
void at_every_split(std::string_view text, outcome expected, Check check,
                    http::request_limits limits = {}) {
    for (std::size_t cut = 0; cut <= text.size() + 1; ++cut) {
        const bool by_bytes = cut > text.size();
        INFO("the first piece has " << cut << " bytes");
        request_parser parser(limits);
        CHECK((parse_pieces(parser, text, by_bytes ? 0 : cut, by_bytes ? 1 : text.size()) ==
               expected));
        check(parser);
    }
}

void expect_refused(std::string_view text, status why, http::request_limits limits = {}) {
    INFO(text);
    at_every_split(
        text, outcome::refused,
        [why](const request_parser& parser) { CHECK((parser.why() == why)); }, limits);
}

/// The head of a good request with one more line in it.
std::string with(std::string_view line) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n";
}

bool stays_open(const std::string& text) {
    request_parser parser;
    REQUIRE((parser.parse(text) == outcome::complete));
    return parser.request().keep_alive;
}

}  // namespace

TEST_CASE("a request is the same however its bytes are split") {
    const std::string text =
        "HEAD /a%20b/%C3%a9?c=%zz HTTP/1.1\r\nhOST: a\r\nX: \t\r\n"
        "content-length:  7 \r\nCookie: a:b \xe9\r\n\r\n";

    at_every_split(text, outcome::complete, [&](const request_parser& parser) {
        CHECK((parser.request().method == http::method::head));
        CHECK(parser.request().path == "/a b/\xc3\xa9");
        CHECK(parser.request().keep_alive);
        CHECK(parser.request().body == 7);
        CHECK(parser.size() == text.size());
    });
}

TEST_CASE("bytes behind a request belong to the next one") {
    const std::string first = with("A: b");
    request_parser parser;

    CHECK((parser.parse(first + "GET /second HTTP") == outcome::complete));
    CHECK(parser.size() == first.size());
    CHECK((parser.parse("GET /second HTTP") == outcome::incomplete));
    CHECK((parser.parse("GET /second HTTP/1.0\r\n\r\n") == outcome::complete));
    CHECK(parser.request().path == "/second");
}

TEST_CASE("one empty line before a request is passed over") {
    const std::string text = "\r\n" + with("A: b");

    at_every_split(text, outcome::complete,
                   [&](const request_parser& parser) { CHECK(parser.size() == text.size()); });
    expect_refused("\r\n\r\n" + with("A: b"), status::bad_request);
}

TEST_CASE("a request without its end is waited for, whatever is missing") {
    const std::string text = with("A: b");

    for (std::size_t size = 0; size < text.size(); ++size) {
        request_parser parser;
        CHECK((parse(parser, std::string_view(text).substr(0, size)) == outcome::incomplete));
    }
}

TEST_CASE("a connection stays open as its version and its options say") {
    const std::string old = "GET / HTTP/1.0\r\n";

    CHECK(stays_open(with("A: b")));
    CHECK(!stays_open(with("Connection: close")));
    CHECK(!stays_open(with("connection: Upgrade , CLOSE,x")));
    CHECK(!stays_open(with("Connection: close, keep-alive")));
    CHECK(!stays_open(with("Connection: a\r\nConnection: close")));
    CHECK(stays_open(with("Connection: closed")));
    CHECK(!stays_open(old + "\r\n"));
    CHECK(stays_open(old + "Connection: Keep-Alive\r\n\r\n"));
    CHECK(!stays_open(old + "Connection: close, keep-alive\r\n\r\n"));
}

TEST_CASE("what two readers could understand in two ways is refused") {
    for (const char* text : {
             "GET / HTTP/1.1\nHost: a\r\n\r\n",             // a line that ends in one byte
             "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",     //
             "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",     //
             "GET / HTTP/1.1\r\nHost : a\r\n\r\n",          // a blank before the colon
             "GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n",  // a field that goes on
             "GET / HTTP/1.1\r\n Host: a\r\n\r\n",          //
             "GET / HTTP/1.1\r\nHost\r\n\r\n",              // no colon
             "GET / HTTP/1.1\r\n: a\r\nHost: a\r\n\r\n",    // no name
             "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
             "GET / HTTP/1.1\r\n\r\n",  // no host
             "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
             " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /\r\nHost: a\r\n\r\n",
             "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET / http/1.1\r\nHost: a\r\n\r\n",
             "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
             "GET / HTTP/11\r\nHost: a\r\n\r\n",
             "\x16\x03\x01\r\n\r\n",
         })
        expect_refused(text, status::bad_request);
    for (const char* line : {"Content-Length: ", "Content-Length: +1", "Content-Length: -1",
                             "Content-Length: 1x", "Content-Length: 1, 1", "Content-Length: 0x1",
                             "Content-Length: 1\r\nContent-Length: 2", "A: b\x01", "A: b\x7f"})
        expect_refused(with(line), status::bad_request);
    expect_refused(with(std::string_view("A: \0", 4)), status::bad_request);
}

TEST_CASE("what is not done here is refused by its own name") {
    expect_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", status::version_not_supported);
    expect_refused(with("Transfer-Encoding: chunked"), status::not_implemented);
    expect_refused(with("Content-Length: 65537"), status::content_too_large);
    expect_refused(with("Content-Length: 99999999999999999999"), status::content_too_large);
}

TEST_CASE("limits are kept to the byte, before the end has come") {
    const std::string text = with("A: b");
    const std::string_view shorter = std::string_view(text).substr(0, text.size() - 1);
    const auto size = text.size();

    at_every_split(text, outcome::complete, [](const request_parser&) {}, {.head = size});
    expect_refused(shorter, status::fields_too_large, {.head = size - 1});
    expect_refused("GET /" + std::string(95, 'a'), status::uri_too_long, {.head = 100});
    expect_refused(text, status::fields_too_large, {.fields = 1});
    at_every_split(text, outcome::complete, [](const request_parser&) {}, {.fields = 2});
}

TEST_CASE("a target is read to its path, with a scheme and a host or without") {
    const struct {
        std::string_view target, path;
    } good[] = {
        {"/", "/"},     {"/a/b", "/a/b"},        {"/a?b?c", "/a"},     {"/%41%2e%2E", "/A.."},
        {"//a", "//a"}, {"http://host/a", "/a"}, {"HTTP://host", "/"}, {"http://host?q", "/"},
    };
    std::string path;

    for (const auto& each : good) {
        INFO(each.target);
        CHECK(http::read_target(each.target, path));
        CHECK(path == each.path);
    }
    for (const std::string_view bad : {"", "*", "a", "a/b", "ftp://host/a", "https:/a", "/%", "/%4",
                                       "/%4g", "/%00", "/a#b", "/\x80", "/\x7f", "?a"}) {
        INFO(bad);
        CHECK(!http::read_target(bad, path));
    }
}
