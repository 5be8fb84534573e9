#include "aio/url.hpp"

#include <cstddef>
#include <iostream>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

#include <doctest/doctest.h>

#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::string_view_literals;
using io::host_kind;
using io::url;
using io::url_error;

namespace {

url parsed(std::string_view text) { return url::parse(text).value(); }

struct refusal {
    std::string_view text;
    url_error what;
    std::size_t where;
};

/// Returns: the text that the parts came from.
std::string put_together(const url& from) {
    std::string text(from.scheme());
    text += ':';
    if (from.has_authority()) {
        text += "//";
        if (from.kind() == host_kind::v6)
            text.append("[").append(from.host()).append("]");
        else
            text += from.host();
        if (from.port()) text += ':' + std::to_string(*from.port());
    }
    text += from.path();
    // Only the text tells an empty query from none.
    const auto rest = from.text().substr(text.size());
    if (rest.starts_with('?')) text.append("?").append(from.query());
    if (from.text().size() > text.size()) text.append("#").append(from.fragment());
    return text;
}

}  // namespace

TEST_CASE("a URL is taken apart") {
    const auto all = parsed("Tcp+x://example.org:8080/a/b%20c?key=value&x#part");

    CHECK(all.scheme() == "tcp+x");
    CHECK(all.has_authority());
    CHECK(all.host() == "example.org");
    CHECK(all.kind() == host_kind::name);
    CHECK(*all.port() == 8080);
    CHECK(all.path() == "/a/b%20c");
    CHECK(url::decoded(all.path()) == "/a/b c");
    CHECK(all.query() == "key=value&x");
    CHECK(all.fragment() == "part");
    CHECK(all.text() == "tcp+x://example.org:8080/a/b%20c?key=value&x#part");
}

TEST_CASE("what is not there is empty") {
    const auto host_alone = parsed("tcp://h");
    const auto path_alone = parsed("unix:@name");
    const auto no_host = parsed("unix:///run/x");
    const auto scheme_alone = parsed("x:");

    CHECK(host_alone.path().empty());
    CHECK_FALSE(host_alone.port());
    CHECK_FALSE(path_alone.has_authority());
    CHECK(path_alone.path() == "@name");
    CHECK(path_alone.host().empty());
    CHECK(no_host.has_authority());
    CHECK(no_host.kind() == host_kind::none);
    CHECK(no_host.path() == "/run/x");
    CHECK(scheme_alone.path().empty());
}

TEST_CASE("a host is a name, four numbers, or what stands in brackets") {
    CHECK(parsed("tcp://127.0.0.1:1").kind() == host_kind::v4);
    CHECK(parsed("tcp://127.0.0.01:1").kind() == host_kind::name);
    CHECK(parsed("tcp://127.1").kind() == host_kind::name);
    CHECK(parsed("tcp://[::1]:1").kind() == host_kind::v6);
    CHECK(parsed("tcp://[::1]:1").host() == "::1");
    CHECK(*parsed("tcp://[::ffff:1.2.3.4]:65535").port() == 65535);
    CHECK(parsed("tcp://[fe80::1%25eth0]:0").host() == "fe80::1%25eth0");
    CHECK(url::decoded(parsed("tcp://[fe80::1%25eth0]:0").host()) == "fe80::1%eth0");
    CHECK(url::decoded(parsed("inproc://a%2Fb%c3%a4").host()) == "a/b\xc3\xa4");
}

TEST_CASE("a name before the host is refused unless it is asked for") {
    const auto refused = url::parse("tcp://me:secret@host:1");
    const auto accepted = url::parse("tcp://me:secret@host:1", url::credentials::accepted);
    const auto wrong = url::parse("tcp://m[e@host:1", url::credentials::accepted);

    CHECK(refused.error() == url_error::userinfo_refused);
    CHECK(io::url_error_position(refused.error()) == 6);
    REQUIRE(accepted);
    CHECK(accepted->userinfo() == "me:secret");
    CHECK(accepted->host() == "host");
    CHECK(*accepted->port() == 1);
    CHECK(wrong.error() == url_error::bad_userinfo);
    CHECK(io::url_error_position(wrong.error()) == 7);
}

TEST_CASE("what is wrong is named, and where") {
    const refusal refusals[] = {
        {"", url_error::no_scheme, 0},
        {":x", url_error::no_scheme, 0},
        {"host", url_error::no_scheme, 0},
        {"/tmp/x:y", url_error::no_scheme, 0},
        {"1tcp://h", url_error::bad_scheme, 0},
        {"t_p://h", url_error::bad_scheme, 1},
        {"tcp ://h", url_error::bad_scheme, 3},
        {"tcp://h:65536", url_error::bad_port, 8},
        {"tcp://h:", url_error::bad_port, 8},
        {"tcp://h:080", url_error::bad_port, 8},
        {"tcp://h:+80", url_error::bad_port, 8},
        {"tcp://h:8 0", url_error::bad_port, 8},
        {"tcp://h:99999999999999999999/", url_error::bad_port, 8},
        {"tcp://1:2:3", url_error::bad_port, 8},
        {"tcp://::1:80", url_error::bad_port, 7},
        {"tcp://a b", url_error::bad_host, 7},
        {"tcp://a[b", url_error::bad_host, 7},
        {"tcp://h\0"sv, url_error::bad_host, 7},
        {"tcp://h\xc3\xa4", url_error::bad_host, 7},
        {"tcp://[::1", url_error::unclosed_bracket, 6},
        {"tcp://[::1/]", url_error::unclosed_bracket, 6},
        {"tcp://[::1]x", url_error::bad_host, 11},
        {"tcp://[1.2.3.4]", url_error::bad_ipv6, 7},
        {"tcp://[v1.x]", url_error::bad_ipv6, 7},
        {"tcp://[]", url_error::bad_ipv6, 7},
        {"tcp://[fe80::1%eth0]", url_error::bad_ipv6, 7},
        {"tcp://[fe80::1%25]", url_error::bad_ipv6, 7},
        {"tcp://[fe80::1%25e/]", url_error::unclosed_bracket, 6},
        {"tcp://%4", url_error::bad_escape, 6},
        {"tcp://h/%zz", url_error::bad_escape, 8},
        {"tcp://h/%", url_error::bad_escape, 8},
        {"tcp://h%4/1", url_error::bad_escape, 7},
        {"tcp://h/a|b", url_error::bad_path, 9},
        {"tcp://h/a[b]", url_error::bad_path, 9},
        {"tcp://h?a b", url_error::bad_query, 9},
        {"tcp://h#a#b", url_error::bad_fragment, 9},
    };
    for (const auto& each : refusals) {
        CAPTURE(each.text);
        const auto why = url::parse(each.text).error();
        CHECK(why == each.what);
        CHECK(io::url_error_position(why) == each.where);
        CHECK(why == std::errc::invalid_argument);
    }
}

TEST_CASE("an error says in words what is wrong, and at which byte") {
    CHECK(url::parse("tcp://host:port").error().message() ==
          "port is not a number from 0 to 65535 at byte 11");
    CHECK(url::parse("tcp://me@host").error().message() ==
          "a user name before the host is not allowed at byte 6");
    CHECK(url::parse("tcp://h:x").error() != url_error::bad_host);
    CHECK(io::url_error_position(std::make_error_code(std::errc::io_error)) == 0);
}

TEST_CASE("a URL of the longest length is taken, and one byte more is not") {
    const std::string longest = "tcp://h/" + std::string(url::longest - 8, 'x');

    CHECK(url::parse(longest)->path().size() == url::longest - 7);
    CHECK(url::parse(longest + "x").error() == url_error::too_long);
}

TEST_CASE("what was encoded is decoded, whatever the bytes") {
    std::string bytes;
    for (int each = 0; each < 256; ++each) bytes += static_cast<char>(each);
    const auto escaped = url::encoded(bytes);

    CHECK(url::decoded(escaped) == bytes);
    CHECK(url::decoded(parsed("inproc://" + escaped).host()) == bytes);
    CHECK(url::encoded("/a b") == "%2Fa%20b");
    CHECK(url::encoded("/a b", "/") == "/a%20b");
}

TEST_CASE("whatever the text, it is refused or put together again from its parts") {
    const auto seed = std::random_device()();
    std::cout << "url: seed " << seed << std::endl;
    std::mt19937 random(seed);
    constexpr std::string_view alphabet = "ab1:/?#[]@%2.-~!\x01\xff xX";
    std::size_t refused = 0, taken = 0;
    for (std::uint64_t round = rounds(20'000); round != 0; --round) {
        std::string text = random() % 4 != 0 ? "tcp:" : "";
        if (random() % 2 == 0) text += "//h";
        for (auto length = random() % 20; length != 0; --length)
            text += alphabet[random() % alphabet.size()];
        const auto whole = url::parse(text);
        if (!whole) {
            ++refused;
            REQUIRE(io::url_error_position(whole.error()) <= text.size());
            continue;
        }
        ++taken;
        CAPTURE(text);
        REQUIRE(put_together(*whole) == whole->text());
        REQUIRE(url::decoded(whole->path()).size() <= whole->path().size());
    }
    std::cout << "url: " << taken << " taken, " << refused << " refused" << std::endl;
    CHECK(taken > 0);
    CHECK(refused > 0);
}
