#include "aio/transport/tls.hpp"

#include <array>
#include <chrono>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <doctest/doctest.h>

#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/transport/tls_pair.hpp"

namespace io = lariat;
using namespace lariat::testing;
using namespace std::chrono_literals;
using io::tls_error;

namespace {

static_assert(io::stream<memory_tls>);
static_assert(io::stream<io::tls_stream<memory_tls>>);
static_assert(!io::lends_descriptor<memory_tls>);

std::string noise(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string bytes(size, '\0');
    for (auto& each : bytes) each = static_cast<char>(random());
    return bytes;
}

}  // namespace

TEST_CASE("what one end of TLS sends the other receives, both ways") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);

    running asked(at, send_text(pair.client, "ping"));
    running heard(at, receive_text(pair.server));
    running answered(at, send_text(pair.server, "pong"));
    running heard_back(at, receive_text(pair.client));
    at.run_until_idle();

    CHECK(*asked.take() == 4);
    CHECK(heard.take().value() == "ping");
    CHECK(*answered.take() == 4);
    CHECK(heard_back.take().value() == "pong");
    CHECK(pair.client.protocol() == "TLSv1.3");
    CHECK(pair.client.cipher() == pair.server.cipher());
    CHECK(pair.client.peer_subject() == "CN=server.test");
    CHECK(pair.client.peer_fingerprint().size() == 64);
    CHECK(pair.client.alpn().empty());
    CHECK(pair.server.server_name() == "server.test");
}

TEST_CASE("at least one byte completes a receive, and the rest is there for the next") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    running waits(at, receive_text(pair.server, 3));
    at.run_until_idle();
    REQUIRE(!waits.done());

    running sent(at, send_text(pair.client, "abcd"));
    at.run_until_idle();
    running rest(at, receive_text(pair.server, 3));
    at.run_until_idle();

    CHECK(waits.take().value() == "abc");
    CHECK(rest.take().value() == "d");
}

TEST_CASE("an empty receive or send over TLS yields 0 and moves nothing") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    at.run_until_idle();
    const auto before = below.on_their_way();

    running nothing(at, receive_text(pair.server, 0));
    running none(at, send_text(pair.server, ""));
    at.run_until_idle();

    CHECK(nothing.take().value().empty());
    CHECK(*none.take() == 0);
    CHECK(below.on_their_way() == before);
}

TEST_CASE("a receive yields 0 once the peer has ended its side, and the other way stays open") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    running sent(at, send_text(pair.client, "last words"));
    running ended(at, end_sending(pair.client));
    running all(at, receive_all(pair.server));
    at.run_until_idle();

    running late(at, send_text(pair.client, "late"));
    running answer(at, send_text(pair.server, "answer"));
    running heard(at, receive_text(pair.client));
    running again(at, receive_text(pair.server));
    at.run_until_idle();

    CHECK(ended.take());
    const auto received = all.take();
    CHECK(received.text == "last words");
    CHECK(!received.error);
    CHECK(late.take().error() == std::errc::broken_pipe);
    CHECK(*answer.take() == 6);
    CHECK(heard.take().value() == "answer");
    CHECK(again.take().value().empty());
}

TEST_CASE("a transport that ends without close_notify is a truncation, for good") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    running sent(at, send_text(pair.client, "all of it?"));
    running all(at, receive_all(pair.server));
    at.run_until_idle();

    below.left().close();
    running again(at, receive_all(pair.server));
    at.run_until_idle();

    const auto received = all.take();
    CHECK(received.text == "all of it?");
    CHECK(received.error == tls_error::truncated);
    CHECK(again.take().error == tls_error::truncated);
}

TEST_CASE("only sending can be shut down over TLS") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    const auto shut = [](memory_tls& of, io::direction which) -> io::task<io::result<void>> {
        const auto done = co_await of.shutdown(which);
        co_return done;
    };

    running receiving(at, shut(pair.client, io::direction::receive));
    running both(at, shut(pair.client, io::direction::both));
    running twice(at, shut(pair.client, io::direction::send));
    running again(at, shut(pair.client, io::direction::send));
    at.run_until_idle();

    CHECK(receiving.take().error() == std::errc::operation_not_supported);
    CHECK(both.take().error() == std::errc::operation_not_supported);
    CHECK(twice.take());
    CHECK(again.take());
}

TEST_CASE("operations on a locally closed stream of TLS fail with closed, pending ones too") {
    manual_home at;
    stream_pair below(64);
    tls_pair pair(at, below);
    const std::string much(1000, 'x');
    running receives(at, receive_text(pair.client));
    running sends(at, send_text(pair.client, much));
    running waits(at, send_text(pair.client, "its turn has not come"));
    at.run_until_idle();
    REQUIRE(!receives.done());
    REQUIRE(!sends.done());

    pair.client.close();
    pair.client.close();
    running late_receive(at, receive_text(pair.client));
    running late_send(at, send_text(pair.client, "late"));
    running late_end(at, end_sending(pair.client));
    at.run_until_idle();

    CHECK(!pair.client.is_open());
    CHECK(receives.take().error() == io::error::closed);
    CHECK(sends.take().error() == io::error::closed);
    CHECK(waits.take().error() == io::error::closed);
    CHECK(late_receive.take().error() == io::error::closed);
    CHECK(late_send.take().error() == io::error::closed);
    CHECK(late_end.take().error() == io::error::closed);
}

TEST_CASE("a stream of TLS that never was is closed") {
    manual_home at;
    memory_tls nothing;

    running received(at, receive_text(nothing));
    running sent(at, send_text(nothing, "x"));
    running ended(at, end_sending(nothing));
    at.run_until_idle();

    CHECK(!nothing.is_open());
    nothing.close();
    CHECK(received.take().error() == io::error::closed);
    CHECK(sent.take().error() == io::error::closed);
    CHECK(ended.take().error() == io::error::closed);
}

TEST_CASE("a stream of TLS moves under its operations, and dies under them") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    std::array<char, 10> room{};
    const auto pending = [&](memory_tls& from) -> io::task<io::transfer> {
        const auto got = co_await from.receive(room);
        co_return got;
    };
    running first(at, pending(pair.client));
    at.run_until_idle();

    memory_tls moved = std::move(pair.client);
    running sent(at, send_text(pair.server, "abc"));
    at.run_until_idle();
    running second(at, pending(moved));
    at.run_until_idle();
    moved = memory_tls();
    at.run_until_idle();

    CHECK(*first.take() == 3);
    CHECK(second.take().error() == io::error::closed);
}

TEST_CASE("several receives and several sends take turns") {
    manual_home at;
    stream_pair below(100);
    tls_pair pair(at, below);
    const std::string a(500, 'a'), b(500, 'b');

    running one(at, send_all(pair.client, a));
    running two(at, send_all(pair.client, b));
    running first(at, receive_text(pair.server, 500));
    running second(at, receive_text(pair.server, 500));
    at.run_until_idle();

    CHECK(*one.take() == 500);
    CHECK(*two.take() == 500);
    CHECK(first.take().value() == a);
    CHECK(second.take().value() == b);
}

TEST_CASE("4 MiB go both ways at the same time, through steps and pipes of any size") {
    struct way {
        std::size_t capacity, step, size;
    };
    constexpr std::size_t whole = 4 * 1024 * 1024;
    for (const auto [capacity, step, size] : {way{65536, SIZE_MAX, whole}, way{4096, 1000, whole},
                                              way{300, 7, 20'000}, way{4096, 1, 20'000}}) {
        CAPTURE(capacity);
        CAPTURE(step);
        manual_home at;
        stream_pair below(capacity);
        tls_pair pair(at, below);
        below.limit_steps(step);
        const std::string rightward = noise(size, 1), leftward = noise(size, 2);
        const auto send_and_end = [](memory_tls& to, std::string_view text) -> io::task<> {
            const auto sent = co_await io::write_all(to, text);
            CHECK(*sent == text.size());
            const auto ended = co_await to.shutdown(io::direction::send);
            CHECK(ended);
        };

        running goes_right(at, send_and_end(pair.client, rightward));
        running goes_left(at, send_and_end(pair.server, leftward));
        running at_right(at, receive_all(pair.server));
        running at_left(at, receive_all(pair.client));
        at.run_until_idle();

        REQUIRE(at_right.done());
        REQUIRE(at_left.done());
        CHECK((at_right.take().text == rightward));
        CHECK((at_left.take().text == leftward));
    }
}

TEST_CASE("many small sends arrive in their order") {
    manual_home at;
    stream_pair below;
    tls_pair pair(at, below);
    const auto count_up = [](memory_tls& to) -> io::task<> {
        for (int i = 0; i < 5000; ++i) {
            const std::string word = std::to_string(i) + ' ';
            const auto sent = co_await io::write_all(to, word);
            if (!sent) co_return;
        }
        (void)co_await to.shutdown(io::direction::send);
    };
    std::string expected;
    for (int i = 0; i < 5000; ++i) expected += std::to_string(i) + ' ';

    running counts(at, count_up(pair.client));
    running all(at, receive_all(pair.server));
    at.run_until_idle();

    CHECK((all.take().text == expected));
}

TEST_CASE("new keys in the middle, asked for by both sides, change nothing that arrives") {
    manual_home at;
    stream_pair below(200);
    tls_pair pair(at, below);
    const auto talk = [](memory_tls& to) -> io::task<> {
        for (int i = 0; i < 200; ++i) {
            if (i % 10 == 5) CHECK(to.update_keys());
            const std::string word = std::to_string(i) + ' ';
            const auto sent = co_await io::write_all(to, word);
            if (!sent) co_return;
        }
        (void)co_await to.shutdown(io::direction::send);
    };
    std::string expected;
    for (int i = 0; i < 200; ++i) expected += std::to_string(i) + ' ';

    running left(at, talk(pair.client));
    running right(at, talk(pair.server));
    running at_right(at, receive_all(pair.server));
    running at_left(at, receive_all(pair.client));
    at.run_until_idle();

    CHECK(at_right.take().text == expected);
    CHECK(at_left.take().text == expected);
}

TEST_CASE("a server's tickets go out by themselves, and nobody waits for them") {
    manual_home at;
    stream_pair below(64);
    running connects(at, connecting(below.left(), client_context()));
    running accepts(at, accepting(below.right(), server_context()));
    at.run_until_idle();
    REQUIRE(connects.done());
    REQUIRE(accepts.done());
    auto client = connects.take().value();
    auto server = accepts.take().value();
    CHECK(below.on_their_way() > 0);

    running receives(at, receive_text(client));
    running sent(at, send_text(server, "hello"));
    at.run_until_idle();

    CHECK(receives.take().value() == "hello");
    CHECK(below.on_their_way() == 0);
}

TEST_CASE("a peer that does not read stops nobody who does") {
    manual_home at;
    stream_pair below(64);
    tls_pair pair(at, below);
    const std::string much(10'000, 'x');
    running blocked(at, send_all(pair.server, much));
    at.run_until_idle();
    REQUIRE(!blocked.done());

    running sent(at, send_all(pair.client, "to who is stuck"));
    running heard(at, receive_text(pair.server));
    at.run_until_idle();

    CHECK(heard.take().value() == "to who is stuck");
    CHECK(!blocked.done());
}

TEST_CASE("TLS goes over TLS") {
    manual_home at;
    stream_pair below;
    tls_pair outer(at, below);
    const auto client = client_context();
    const auto server = server_context();

    running connects(
        at, io::tls_connect(std::move(outer.client), client, {.server_name = "server.test"}));
    running accepts(at, io::tls_accept(std::move(outer.server), server));
    at.run_until_idle();
    auto inner_client = connects.take().value();
    auto inner_server = accepts.take().value();
    const auto exchange = [&]() -> io::task<std::string> {
        (void)co_await inner_client.send("wrapped twice");
        std::string text(100, '\0');
        const auto got = co_await inner_server.receive(text);
        text.resize(got ? *got : 0);
        co_return text;
    };
    running exchanged(at, exchange());
    at.run_until_idle();

    CHECK(exchanged.take() == "wrapped twice");
}
