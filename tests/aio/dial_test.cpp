#include "aio/dial.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/resolve_error.hpp"
#include "aio/stream.hpp"
#include "aio/transport/adopted.hpp"
#include "aio/transport/by_url.hpp"
#include "aio/transport/inproc.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/unix.hpp"
#include "runtime/thread_pool.hpp"
#include "runtime/when_all.hpp"
#include "tests/aio/fake_names.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/loopback.hpp"

namespace io = lariat;
using io::transport_error;

namespace {

/// Knows one peer, and counts who asks.
class counting_transport final : public io::transport {
  public:
    io::task<io::result<io::any_stream>> dial(io::url where) override {
        ++dialed;
        last = where.text();
        auto ends = io::make_inproc_pair();
        co_return io::any_stream(std::move(ends.first));
    }
    io::task<io::result<io::any_listener>> listen(io::url) override {
        co_return std::make_error_code(std::errc::operation_not_supported);
    }

    int dialed = 0;
    std::string last;
};

std::error_code why_not_dialed(std::string_view text) { return io::run(io::dial(text)).error(); }

std::error_code why_not_listened(std::string_view text) {
    return io::run(io::listen_at(text)).error();
}

io::task<> expect_hello(io::any_listener& door, std::string_view at) {
    auto both = co_await io::when_all(io::dial(at), door.accept());
    auto& [client, server] = both;
    REQUIRE(client);
    REQUIRE(server);
    std::array<char, 5> room;
    const auto sent = co_await io::write_all(*client, "hello");
    const auto got = co_await io::read_exactly(*server, room);
    CHECK(sent);
    CHECK(got);
    CHECK(std::string_view(room.data(), 5) == "hello");
}

}  // namespace

TEST_CASE("dial: what is listened at by URL is dialed by the URL of the listener") {
    auto body = [](std::string_view text) -> io::task<> {
        auto door = co_await io::listen_at(text);
        REQUIRE(door);
        co_await expect_hello(*door, door->url());
    };

    io::run(body("tcp://127.0.0.1:0"));
    io::run(body("TCP://[::1]:0"));
    io::run(body("tcp://localhost:0"));
    io::run(body("unix:@lariat-dial-test"));
    io::run(body("inproc://dial%2Ftest"));
}

TEST_CASE("dial: a name of this machine is tried at each of its addresses") {
    auto body = []() -> io::task<> {
        auto v4 = io::any_listener(*io::tcp_listener::open(io::address::loopback(0)));
        const auto port = std::to_string(v4.local_address()->port());
        co_await expect_hello(v4, "tcp://LocalHost.:" + port);
    };

    run_body(body);
}

TEST_CASE("dial: a name is looked up, and whoever answers at one of its addresses is the peer") {
    fake_names source;
    io::thread_pool pool;
    const auto tcp = io::make_tcp_transport({.pool = &pool, .source = &source});
    auto body = [&]() -> io::task<> {
        source.answer = {io::address::loopback(0)};
        auto door = co_await tcp->listen(*io::url::parse("tcp://host.example:0"));
        REQUIRE(door);
        const auto there = *door->local_address();
        source.answer = {io::address::loopback_v6(there.port()), there};
        const auto peer = co_await tcp->dial(
            *io::url::parse("tcp://host%2Eexample:" + std::to_string(there.port())));
        REQUIRE(peer);
        CHECK(*peer->peer_address() == there);
        CHECK(source.last().host == "host.example");
        CHECK(source.last().service == std::to_string(there.port()));
        source.returned = EAI_NONAME;
        const auto unknown = co_await tcp->dial(*io::url::parse("tcp://host.example:1"));
        CHECK(unknown.error() == io::resolve_error::unknown_host);
    };

    run_body(body);
    CHECK(source.asked() == 3);
}

TEST_CASE("dial: a URL that its transport has no use for is refused, and says why") {
    const struct {
        std::string_view text;
        transport_error what;
    } refused[] = {
        {"tcp://127.0.0.1", transport_error::no_port},
        {"tcp://:80", transport_error::no_host},
        {"tcp:80", transport_error::unexpected_path},
        {"tcp://127.0.0.1:80/x", transport_error::unexpected_path},
        {"tcp://127.0.0.1:80?x", transport_error::unexpected_query},
        {"tcp://127.0.0.1:80?", transport_error::unexpected_query},
        {"tcp://127.0.0.1:80#x", transport_error::unexpected_fragment},
        {"unix://host/x", transport_error::unexpected_host},
        {"unix://:1/x", transport_error::unexpected_port},
        {"unix:", transport_error::no_path},
        {"unix:/x?mode=1", transport_error::unexpected_query},
        {"inproc:name", transport_error::unexpected_path},
        {"inproc://", transport_error::no_host},
        {"inproc://name:1", transport_error::unexpected_port},
        {"inproc://name/x", transport_error::unexpected_path},
        {"socket://fd/x", transport_error::no_path},
        {"socket://fd/1x", transport_error::no_path},
        {"socket://fd/-1", transport_error::no_path},
        {"socket://fd/", transport_error::no_path},
        {"socket://fd", transport_error::no_path},
        {"socket://fd/99999999999", transport_error::no_path},
        {"socket://other/1", transport_error::unknown_host},
    };
    for (const auto& each : refused) {
        CAPTURE(each.text);
        CHECK(why_not_dialed(each.text) == each.what);
        CHECK(why_not_listened(each.text) == each.what);
    }
    for (const std::string_view number : {"127.1", "1", "0x7f000001", "127.0.0.0X1.", "1.2.3.256"})
        CHECK(why_not_dialed("tcp://" + std::string(number) + ":80") ==
              transport_error::unknown_host);
    CHECK(why_not_dialed("tcp://h:x") == io::url_error::bad_port);
    CHECK(why_not_dialed("unix:a%00b") == std::errc::invalid_argument);
    CHECK(why_not_dialed("tcp://127.0.0.1").message() == "the URL names no port");
}

TEST_CASE("dial: an unknown scheme is named by the error") {
    const auto one = why_not_dialed("foo://x");
    const auto other = why_not_listened("bar+x://x");

    CHECK(one == transport_error::unknown_scheme);
    CHECK(other == transport_error::unknown_scheme);
    CHECK(one.message() == "no transport is registered for the scheme \"foo\"");
    CHECK(other.message() == "no transport is registered for the scheme \"bar+x\"");
    CHECK(why_not_dialed("tls://localhost:1").message() ==
          "no transport is registered for the scheme \"tls\"");
}

TEST_CASE("dial: a registered transport serves its scheme, once") {
    const auto made = std::make_shared<counting_transport>();

    CHECK(io::register_transport("counting", made));
    const auto again = io::register_transport("counting", made);
    const auto built_in = io::register_transport("tcp", made);
    CHECK(io::run(io::dial("counting://x")));

    CHECK(again.error() == transport_error::scheme_taken);
    CHECK(again.error().message() ==
          "a transport is registered already for the scheme \"counting\"");
    CHECK(built_in.error() == transport_error::scheme_taken);
    for (const std::string_view bad : {"", "Counting", "a b", "1a", "a:b", "a/b"})
        CHECK(io::register_transport(bad, made).error() == transport_error::bad_scheme);
    CHECK(made->dialed == 1);
    CHECK(why_not_listened("counting://x") == std::errc::operation_not_supported);
}

TEST_CASE("dial: of threads that register the same scheme one succeeds") {
    std::atomic<int> succeeded = 0;
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < 8; ++i) {
            all.emplace_back([&] {
                for (int round = 0; round < 50; ++round) {
                    const auto scheme = "race" + std::to_string(round);
                    if (io::register_transport(scheme, std::make_shared<counting_transport>()))
                        ++succeeded;
                    CHECK(io::transport_of(scheme));
                }
            });
        }
    }

    CHECK(succeeded == 50);
}

TEST_CASE("dial: so many schemes may be unknown that the last ones go without a name") {
    for (int i = 0; i < 100; ++i) {
        const auto why = why_not_dialed("unknown" + std::to_string(i) + ":");
        CHECK(why == transport_error::unknown_scheme);
        CHECK(why.message().starts_with("no transport is registered for the scheme"));
    }
}

TEST_CASE("dial: a dialer dials the same peer again and again, and outlives nothing") {
    const auto made = std::make_shared<counting_transport>();
    io::dialer peer(made, *io::url::parse("private://peer"));
    const io::dialer nobody;
    auto body = [&]() -> io::task<int> {
        auto pending = peer.dial();
        peer = {};
        const auto first = co_await std::move(pending);
        co_return first.has_value() + 0;
    };

    CHECK(peer.where() == "private://peer");
    CHECK(io::run(peer.dial()));
    CHECK(run_body(body) == 1);
    CHECK(made->dialed == 2);
    CHECK(made->last == "private://peer");
    CHECK(io::run(nobody.dial()).error() == transport_error::no_host);
    CHECK(nobody.where().empty());
    CHECK(io::dialer::to("private://peer").error() == transport_error::unknown_scheme);
    CHECK(io::dialer::to("tcp://h:x").error() == io::url_error::bad_port);
    CHECK(io::dialer::to("tcp://127.0.0.1:1")->where() == "tcp://127.0.0.1:1");
}

TEST_CASE("socket: a listening socket that was given open is adopted") {
    for (const bool of_unix : {false, true}) {
        auto door = io::descriptor();
        if (of_unix) {
            door = io::descriptor::adopt(::socket(AF_UNIX, SOCK_STREAM, 0));
            const auto where = io::address::unix_unnamed();
            must(::bind(door.number(), where.data(), where.size()));
            must(::listen(door.number(), 1));
        } else {
            door = listening();
        }
        must(::fcntl(door.number(), F_SETFL, O_NONBLOCK));
        must(::fcntl(door.number(), F_SETFD, 0));
        const int number = door.release();
        auto body = [&]() -> io::task<> {
            auto adopted = co_await io::listen_at("socket://fd/" + std::to_string(number));
            REQUIRE(adopted);
            CHECK((adopted->get_if<io::unix_listener>() != nullptr) == of_unix);
            CHECK(::fcntl(number, F_GETFD) == FD_CLOEXEC);
            co_await expect_hello(*adopted, adopted->url());
        };
        run_body(body);
        CHECK_FALSE(is_open(number));
    }
}

TEST_CASE("socket: a connected socket that was given open is adopted") {
    auto ends = make_socket_pair();
    put(ends.second, "hello");
    const int number = ends.first.release();
    must(::fcntl(number, F_SETFL, O_NONBLOCK));
    auto body = [&]() -> io::task<> {
        auto adopted = co_await io::dial("socket://fd/" + std::to_string(number));
        REQUIRE(adopted);
        CHECK(adopted->get_if<io::unix_stream>() != nullptr);
        CHECK(adopted->socket().number() == number);
        std::array<char, 5> room;
        const auto got = co_await io::read_exactly(*adopted, room);
        CHECK(got);
    };

    run_body(body);

    CHECK_FALSE(is_open(number));
}

TEST_CASE("socket: what is no socket, of another type, or in another role is left as it was") {
    const auto pipe = make_pipe();
    const auto datagram = bound_datagram_socket();
    const auto door = listening();
    const auto fresh = new_tcp_socket();
    const auto pair = make_tcp_pair();

    CHECK(io::adopt_stream(pipe.first.number()).error() == std::errc::not_a_socket);
    CHECK(io::adopt_listener(pipe.first.number()).error() == std::errc::not_a_socket);
    CHECK(io::adopt_stream(datagram.number()).error() == std::errc::wrong_protocol_type);
    CHECK(io::adopt_stream(door.number()).error() == std::errc::not_connected);
    CHECK(io::adopt_stream(fresh.number()).error() == std::errc::not_connected);
    CHECK(io::adopt_listener(fresh.number()).error() == std::errc::invalid_argument);
    CHECK(io::adopt_listener(pair.first.number()).error() == std::errc::invalid_argument);
    CHECK(io::adopt_stream(1'000'000).error() == std::errc::bad_file_descriptor);
    for (const auto* each : {&pipe.first, &datagram, &door, &fresh, &pair.first})
        CHECK(is_open(each->number()));
}
