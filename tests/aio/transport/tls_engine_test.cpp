#include "aio/transport/tls_engine.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include <doctest/doctest.h>

#include "aio/transport/tls_error.hpp"
#include "runtime/error.hpp"
#include "tests/aio/transport/tls_engines.hpp"

namespace io = lariat;
using io::tls_cause;

namespace {

/// A pair that has shaken hands.
engine_pair connected(const io::tls_context& client = client_context(),
                      const io::tls_context& server = server_context()) {
    engine_pair pair(client, server);
    pair.shake_hands();
    REQUIRE(pair.both_done());
    return pair;
}

std::string received_text(io::tls_engine& engine, std::string_view sealed) {
    std::string text;
    while (!sealed.empty()) {
        sealed = give_some(engine, sealed);
        while (read_text(engine, text).count != 0) continue;
    }
    return text;
}

io::tls_context older_client() {
    auto options = client_options();
    options.maximum = io::tls_version::tls12;
    return io::tls_context::client(options).value();
}

}  // namespace

TEST_CASE("two engines shake hands and know one another") {
    auto pair = connected();

    CHECK(pair.client.protocol() == "TLSv1.3");
    CHECK(pair.client.protocol() == pair.server.protocol());
    CHECK(pair.client.cipher() == pair.server.cipher());
    CHECK(pair.client.cipher().starts_with("TLS_"));
    CHECK(pair.client.peer_subject() == "CN=server.test");
    CHECK(pair.client.peer_fingerprint().size() == 64);
    CHECK(pair.server.peer_subject().empty());
    CHECK(pair.server.peer_fingerprint().empty());
    CHECK(pair.server.server_name() == "server.test");
    CHECK(pair.client.alpn().empty());
}

TEST_CASE("a handshake in pieces of any size comes to the same") {
    const auto client = client_context();
    const auto server = server_context();
    for (const std::size_t most : {1U, 2U, 3U, 7U, 100U, 1000U}) {
        engine_pair pair(client, server);

        pair.shake_hands(most);

        CHECK(pair.both_done());
    }
}

TEST_CASE("what one writes the other reads, in both directions") {
    auto pair = connected();

    REQUIRE(write_text(pair.client, "ping").count == 4);
    REQUIRE(write_text(pair.server, "pong").count == 4);

    CHECK(received_text(pair.server, output_of(pair.client)) == "ping");
    CHECK(received_text(pair.client, output_of(pair.server)) == "pong");
}

TEST_CASE("a write takes at most 64 KiB, and what it sealed is read whole") {
    auto pair = connected();
    std::string much(100'000, '\0');
    std::generate(much.begin(), much.end(), [n = 0]() mutable { return static_cast<char>(n++); });

    const auto step = write_text(pair.client, much);

    CHECK(step.count == io::tls_engine::most_at_once);
    CHECK((received_text(pair.server, output_of(pair.client)) == much.substr(0, step.count)));
}

TEST_CASE("a record that was cut yields nothing, and all of it once the rest has come") {
    const auto client = client_context();
    const auto server = server_context();
    auto pair = connected(client, server);
    const std::string text = "a record in two parts";
    REQUIRE(write_text(pair.client, text).count == text.size());
    const std::size_t length = output_of(pair.client).size();
    for (std::size_t cut = 1; cut < length; ++cut) {
        pair = connected(client, server);
        write_text(pair.client, text);
        const std::string sealed = output_of(pair.client);
        std::string got;

        give_some(pair.server, std::string_view(sealed).substr(0, cut));
        const auto before = read_text(pair.server, got);
        give_some(pair.server, std::string_view(sealed).substr(cut));
        const auto after = read_text(pair.server, got);

        CHECK(before.wants_input);
        CHECK(before.count == 0);
        CHECK(after.count == text.size());
        CHECK(got == text);
    }
}

TEST_CASE("engines speak TLS 1.2 with a peer that knows no more") {
    auto pair = connected(older_client());

    REQUIRE(write_text(pair.client, "ping").count == 4);
    REQUIRE(write_text(pair.server, "pong").count == 4);

    CHECK(pair.client.protocol() == "TLSv1.2");
    CHECK(received_text(pair.server, output_of(pair.client)) == "ping");
    CHECK(received_text(pair.client, output_of(pair.server)) == "pong");
}

TEST_CASE("a record that was tampered with ends both sides, for good") {
    auto pair = connected();
    write_text(pair.client, "transfer 100 to Alice");
    std::string sealed = output_of(pair.client);
    sealed[sealed.size() / 2] ^= 1;
    std::string got;
    give_some(pair.server, sealed);

    const auto first = read_text(pair.server, got);
    const auto again = read_text(pair.server, got);
    const auto written = write_text(pair.server, "more");
    give_some(pair.client, output_of(pair.server));
    const auto told = read_text(pair.client, got);

    CHECK(first.error.category() == io::openssl_category());
    CHECK(first.error.message().find("bad record mac") != std::string::npos);
    CHECK(again.error == first.error);
    CHECK(written.error == first.error);
    CHECK(told.error == io::tls_alert::bad_record_mac);
    CHECK(told.error == tls_cause::refused_by_peer);
    CHECK(got.empty());
}

TEST_CASE("a record that is missing, or comes twice, is noticed") {
    for (const bool twice : {false, true}) {
        auto pair = connected();
        write_text(pair.client, "first");
        const std::string first = output_of(pair.client);
        write_text(pair.client, "second");
        const std::string second = output_of(pair.client);
        std::string got;

        give_some(pair.server, twice ? first + first : second);
        auto step = read_text(pair.server, got);
        if (twice) step = read_text(pair.server, got);

        CHECK(step.error.category() == io::openssl_category());
        CHECK(got == (twice ? "first" : ""));
    }
}

TEST_CASE("what is not TLS is refused by either side") {
    for (const std::string_view beginning :
         {"GET / HTTP/1.1\r\n", "\x16\x03\x01\xff\xff\x01", "\x80\x80\x01\x03\x01\x05", "...."}) {
        const std::string noise = std::string(beginning) + std::string(300, '.');
        CAPTURE(beginning);
        auto server = io::tls_engine::server(server_context()).value();
        auto client = io::tls_engine::client(client_context(), "server.test").value();
        REQUIRE(client.shake_hands().wants_input);
        give_some(server, noise);
        give_some(client, noise);

        const auto at_server = server.shake_hands();
        const auto at_client = client.shake_hands();

        CHECK(at_server.error.category() == io::openssl_category());
        CHECK(at_client.error.category() == io::openssl_category());
        CHECK(server.shake_hands().error == at_server.error);
    }
}

TEST_CASE("after close_notify one side reads the end, and still writes") {
    auto pair = connected();
    std::string got;
    write_text(pair.client, "last words");
    REQUIRE(!pair.client.end().error);
    REQUIRE(!pair.client.end().error);

    const auto refused = write_text(pair.client, "afterthought");
    give_some(pair.server, output_of(pair.client));
    const auto last = read_text(pair.server, got);
    const auto end = read_text(pair.server, got);
    const auto still_end = read_text(pair.server, got);
    const auto answer = write_text(pair.server, "answer");

    CHECK(refused.error == std::errc::broken_pipe);
    CHECK(last.count == 10);
    CHECK(engine_pair::done(end));
    CHECK(end.count == 0);
    CHECK(engine_pair::done(still_end));
    CHECK(got == "last words");
    CHECK(answer.count == 6);
    CHECK(received_text(pair.client, output_of(pair.server)) == "answer");
}

TEST_CASE("new keys on both sides change nothing that is read") {
    auto pair = connected();
    for (int round = 0; round < 3; ++round) {
        write_text(pair.client, "before");
        REQUIRE(!pair.client.update_keys());
        write_text(pair.client, " and after");

        const auto at_server = received_text(pair.server, output_of(pair.client));
        write_text(pair.server, "answer");
        const auto at_client = received_text(pair.client, output_of(pair.server));

        CHECK(at_server == "before and after");
        CHECK(at_client == "answer");
    }
}

TEST_CASE("TLS 1.2 has no new keys") {
    auto pair = connected(older_client());

    CHECK(pair.client.update_keys() == std::errc::operation_not_supported);
    CHECK(!write_text(pair.client, "as before").error);
}

TEST_CASE("a peer that asks for new keys again and again makes no more output than a crowd") {
    auto pair = connected();
    std::string got;
    std::size_t asked = 0;

    while (!pair.server.crowded() && asked < 20'000) {
        REQUIRE(!pair.client.update_keys());
        give_some(pair.server, output_of(pair.client));
        REQUIRE(read_text(pair.server, got).wants_input);
        ++asked;
    }

    MESSAGE(asked << " requests, " << output_of(pair.server).size() << " bytes of answers");
    CHECK(asked > 1000);
}

TEST_CASE("steps taken while output is being sent do not move it") {
    auto pair = connected();
    write_text(pair.server, "one");
    const auto first = pair.server.output();
    const std::string before(reinterpret_cast<const char*>(first.data()), first.size());

    for (int i = 0; i < 1000; ++i) write_text(pair.server, "another, of some length");

    CHECK(pair.server.output().data() == first.data());
    CHECK(pair.server.output().size() == first.size());
    CHECK((std::string(reinterpret_cast<const char*>(first.data()), first.size()) == before));
}

TEST_CASE("what is sent one after the other is sealed into the same memory") {
    auto pair = connected();
    output_of(pair.server);
    write_text(pair.server, "one");
    const auto* const memory = pair.server.output().data();

    for (int i = 0; i < 3; ++i) {
        pair.server.sent(pair.server.output().size());
        write_text(pair.server, "another");
        CHECK(pair.server.output().data() == memory);
    }
}

TEST_CASE("room grows with what arrives, from 4 KiB to 64") {
    auto pair = connected();
    std::string got;
    CHECK(pair.server.room()->size() == 4096);

    std::size_t largest = 0;
    for (int i = 0; i < 20; ++i) {
        write_text(pair.client, std::string(60'000, 'x'));
        const std::string sealed = output_of(pair.client);
        for (std::string_view rest = sealed; !rest.empty();) {
            largest = std::max(largest, pair.server.room()->size());
            rest = give_some(pair.server, rest);
            while (read_text(pair.server, got).count != 0) continue;
        }
    }

    CHECK(largest == 64 * 1024);
    CHECK(got.size() == 20 * 60'000);
}

TEST_CASE("an engine is of the side that its context is of") {
    CHECK(io::tls_engine::client(server_context(), "server.test").error() ==
          std::errc::invalid_argument);
    CHECK(io::tls_engine::server(client_context()).error() == std::errc::invalid_argument);
}

TEST_CASE("without a name there is nothing to verify, and no connection") {
    const std::string with_zero("server\0.test", 12);

    CHECK(io::tls_engine::client(client_context(), "").error() == std::errc::invalid_argument);
    CHECK(io::tls_engine::client(client_context(), ".").error() == std::errc::invalid_argument);
    CHECK(io::tls_engine::client(client_context(), with_zero).error() ==
          std::errc::invalid_argument);
    CHECK(io::tls_engine::client(client_context(), std::string(300, 'a')).error());
}

TEST_CASE("a name with an empty label, or one too long, is no server's") {
    const std::string_view names[] = {".", ".server.test", "..", "a..server.test", "server.test.."};
    for (const auto name : names) {
        CAPTURE(std::string(name));
        const auto made = io::tls_engine::client(client_context(), name);
        CHECK(made.error() == std::errc::invalid_argument);
    }
    const std::string too_long(256, 'a');
    CHECK(io::tls_engine::client(client_context(), too_long).error() ==
          std::errc::invalid_argument);
    CHECK(io::tls_engine::client(client_context(), "server.test."));
}
