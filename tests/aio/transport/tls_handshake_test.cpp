#include <array>
#include <chrono>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <doctest/doctest.h>

#include "aio/transport/tls.hpp"
#include "runtime/within.hpp"
#include "tests/aio/transport/tls_pair.hpp"

namespace io = lariat;
using namespace lariat::testing;
using namespace std::chrono_literals;
using io::tls_alert;
using io::tls_error;

namespace {

io::task<std::size_t> put_raw(memory_stream& to, std::string_view bytes) {
    const auto sent = co_await io::write_all(to, bytes);
    co_return sent.count();
}

io::task<made_tls> connecting_within(io::duration limit, memory_stream& below,
                                     const io::tls_context& context) {
    auto made = co_await io::within(limit, connecting(below, context));
    co_return std::move(made);
}

/// Everything that a server says in answer to a whole hello, and all that follows.
std::string flight_of_server() {
    manual_home at;
    stream_pair to_server, to_client;
    running connects(at, connecting(to_client.left(), client_context()));
    running accepts(at, accepting(to_server.right(), server_context()));
    at.run_until_idle();
    std::array<char, 4096> bytes;
    const auto take = [&](memory_stream& from) -> io::task<std::size_t> {
        const auto got = co_await from.receive(bytes);
        co_return *got;
    };
    running hello(at, take(to_client.right()));
    at.run_until_idle();
    const auto size = hello.take();
    running given(at, put_raw(to_server.left(), {bytes.data(), size}));
    at.run_until_idle();
    running flight(at, take(to_server.left()));
    at.run_until_idle();
    return {bytes.data(), flight.take()};
}

}  // namespace

TEST_CASE("a handshake dribbles through, byte by byte") {
    manual_home at;
    stream_pair below;
    below.limit_steps(1);

    tls_pair pair(at, below);

    CHECK(pair.client.is_open());
    CHECK(pair.server.is_open());
}

TEST_CASE("a silent peer is waited for ten seconds, or as long as one says") {
    manual_home at;
    stream_pair below, other;
    const auto server = server_context();
    running accepts(at, accepting(below.right(), server));
    running briefly(at, accepting(other.right(), server, {.limit = 1s}));
    at.advance(999ms);
    CHECK(!briefly.done());

    at.advance(1ms);
    CHECK(briefly.take().error() == io::error::timed_out);
    at.advance(8999ms);
    CHECK(!accepts.done());
    at.advance(1ms);

    CHECK(accepts.take().error() == io::error::timed_out);
}

TEST_CASE("a deadline around a handshake is the caller's, and told apart from its own") {
    manual_home at;
    stream_pair below;
    const auto client = client_context();
    running connects(at, connecting_within(3s, below.left(), client));

    at.advance(3s);

    REQUIRE(connects.done());
    CHECK(connects.take().error() == io::error::timed_out);
}

TEST_CASE("a handshake that is cancelled or stopped ends with the reason") {
    manual_home at;
    stream_pair below, other;
    running canceled(at, connecting(below.left(), client_context()));
    running stopped(at, accepting(other.right(), server_context()));
    at.run_until_idle();

    canceled.cancel();
    stopped.cancel(make_error_code(io::error::stopped));
    at.run_until_idle();

    CHECK(canceled.take().error() == io::error::canceled);
    CHECK(stopped.take().error() == io::error::stopped);
}

TEST_CASE("a hello that no context can be made for ends before anything is sent") {
    manual_home at;
    stream_pair below;
    running nameless(at, connecting(below.left(), client_context(), ""));
    running turned_round(at, connecting(below.left(), server_context()));
    running as_server(at, accepting(below.right(), client_context()));
    at.run_until_idle();

    CHECK(nameless.take().error() == std::errc::invalid_argument);
    CHECK(turned_round.take().error() == std::errc::invalid_argument);
    CHECK(as_server.take().error() == std::errc::invalid_argument);
    CHECK(below.on_their_way() == 0);
}

TEST_CASE("who speaks something else gets an alert, and the server an error") {
    manual_home at;
    stream_pair below;
    running accepts(at, accepting(below.right(), server_context()));
    running asked(at, put_raw(below.left(), "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n"));
    at.run_until_idle();

    const auto error = accepts.take().error();

    CHECK(error.category() == io::openssl_category());
    CHECK(error.message() == "http request (SSL routines)");
}

TEST_CASE("both sides of a refused handshake learn why") {
    manual_home at;
    stream_pair below;
    const certificate_authority stranger("stranger");
    const auto wary =
        io::tls_context::client({.authority = {.text = stranger.certificate()}}).value();
    running connects(at, connecting(below.left(), wary));
    running accepts(at, accepting(below.right(), server_context()));
    at.run_until_idle();

    CHECK(connects.take().error() == io::certificate_error::unknown_authority);
    CHECK(accepts.take().error() == tls_alert::unknown_authority);
}

TEST_CASE("a client whose certificate is missed hears of it at its first receive") {
    manual_home at;
    stream_pair below;
    auto options = server_options();
    options.clients = io::client_certificates::required;
    options.authority = {.text = authority().certificate()};
    running connects(at, connecting(below.left(), client_context()));
    running accepts(at, accepting(below.right(), io::tls_context::server(options).value()));
    at.run_until_idle();
    auto client = connects.take().value();

    running hears(at, receive_text(client));
    at.run_until_idle();

    CHECK(accepts.take().error() == tls_error::no_peer_certificate);
    CHECK(hears.take().error() == tls_alert::certificate_required);
}

TEST_CASE("a handshake cut at any byte is a truncation") {
    const auto client = client_context();
    const std::string flight = flight_of_server();
    REQUIRE(flight.size() > 500);
    for (std::size_t cut = 0; cut < flight.size(); ++cut) {
        manual_home at;
        stream_pair below;
        running connects(at, connecting(below.left(), client));
        // The hello that this is no answer to: the client finds out when it has all of it.
        const auto whole_record = 5U + 256 * static_cast<unsigned char>(flight[3]) +
                                  static_cast<unsigned char>(flight[4]);
        running answers(at, put_raw(below.right(), std::string_view(flight).substr(0, cut)));
        at.run_until_idle();
        below.right().close();
        at.run_until_idle();

        const auto error = connects.take().error();

        CAPTURE(cut);
        if (cut < whole_record)
            CHECK(error == tls_error::truncated);
        else
            CHECK(error.category() == io::openssl_category());
    }
}

TEST_CASE("what a chooser throws comes out of tls_accept") {
    manual_home at;
    stream_pair below;
    const auto server = io::tls_context::server(server_options(), [](std::string_view) {
                            throw std::runtime_error("no list");
                            return std::optional<io::tls_context>();
                        }).value();
    running connects(at, connecting(below.left(), client_context()));
    running accepts(at, accepting(below.right(), server));
    at.run_until_idle();

    REQUIRE(accepts.done());
    CHECK_THROWS_WITH_AS((void)accepts.take(), "no list", std::runtime_error);
}
