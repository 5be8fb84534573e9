#include "tests/examples/http/responder.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using http::responder;
using http::status;
using need = responder::need;

namespace {

const lariat::time_point now{};

const std::string type = "Content-Type: text/plain; charset=utf-8\r\n";
const std::string hello_head = "HTTP/1.1 200 OK\r\n" + type + "Content-Length: 6\r\n";
const std::string hello = hello_head + "\r\nhello\n";

/// A connection whose bytes arrive in pieces of that size.
std::string talk(responder& one, std::string_view text, std::size_t piece, need& last) {
    std::size_t used = 0;
    for (std::size_t arrived = 0;;) {
        last = one.answer(text.substr(used, arrived - used), used, now);
        if (last == need::page) last = one.refuse(status::not_found);
        if (last == need::hang_up) break;
        if (last == need::room) continue;
        if (arrived == text.size()) break;
        arrived = std::min(text.size(), arrived + piece);
    }
    return one.out();
}

/// What is answered, the same for pieces of any size.
std::string answers(std::string_view text, need expected) {
    const http::site pages({});
    std::string first;
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        responder one(pages);
        need last{};
        const std::string got = talk(one, text, piece, last);
        if (piece == 1) first = got;
        CHECK(got == first);
        CHECK((last == expected));
    }
    return first;
}

}  // namespace

TEST_CASE("requests are answered in their order, however their bytes are split") {
    const std::string text =
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nGET"
        "GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    CHECK(answers(text, need::hang_up) == hello + hello_head + "\r\n" +
                                              "HTTP/1.1 404 Not Found\r\n" + type +
                                              "Content-Length: 14\r\n\r\n404 Not Found\n" +
                                              hello_head + "Connection: keep-alive\r\n\r\nhello\n" +
                                              hello_head + "Connection: close\r\n\r\nhello\n");
}

TEST_CASE("what came before a bad request is answered, what comes behind it is not") {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nBAD\r\n\r\nGET / HTTP/1.1\r\n\r\n";

    CHECK(answers(text, need::hang_up) ==
          hello + "HTTP/1.1 400 Bad Request\r\n" + type +
              "Content-Length: 16\r\nConnection: close\r\n\r\n400 Bad Request\n");
}

TEST_CASE("other methods are refused with those that are allowed") {
    CHECK(answers("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", need::hang_up) ==
          "HTTP/1.1 405 Method Not Allowed\r\n" + type +
              "Content-Length: 23\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n"
              "405 Method Not Allowed\n");
}

TEST_CASE("a refused HEAD has no body, a refusal before the method is known has one") {
    CHECK(!answers("HEAD / HTTP/1.1\r\n\r\n", need::hang_up).ends_with("400 Bad Request\n"));
    const auto too_long = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(8192, 'a');

    const http::site pages({});
    responder one(pages);
    need last{};
    CHECK(talk(one, too_long, 1000, last).ends_with("414 URI Too Long\n"));
}

TEST_CASE("a request that is given up is answered, with a body") {
    const http::site pages({});
    responder one(pages);
    need last{};
    talk(one, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HT", 100, last);
    one.out().clear();

    CHECK((one.refuse(status::request_timeout) == need::hang_up));
    CHECK(one.out().ends_with("Connection: close\r\n\r\n408 Request Timeout\n"));
}

TEST_CASE("answers are sent before there are too many of them") {
    std::string text;
    for (int i = 0; i < 4000; ++i) text += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const http::site pages({});
    responder one(pages);
    std::size_t used = 0;
    std::size_t sent = 0;

    need last = need::room;
    while (last == need::room) {
        last = one.answer(std::string_view(text).substr(used), used, now);
        CHECK(one.out().size() < 128 * 1024);
        sent += one.out().size();
        one.out().clear();
    }

    CHECK((last == need::bytes));
    CHECK(sent == 4000 * hello.size());
}

TEST_CASE("a file is sent behind its head, and then the next request is answered") {
    const http::site pages({});
    responder one(pages);
    std::size_t used = 0;
    const std::string text = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto large = std::make_shared<http::page>();
    large->head = "HTTP/1.1 200 OK\r\n";
    large->file = lariat::descriptor::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const bool got_file = one.answer(text, used, now) == need::page && one.path() == "/large" &&
                          one.found(large) == need::file;

    CHECK(got_file);
    CHECK(&one.page() == large.get());
    CHECK(one.out() == "HTTP/1.1 200 OK\r\n\r\n");
    CHECK((one.sent_file() == need::room));
}
