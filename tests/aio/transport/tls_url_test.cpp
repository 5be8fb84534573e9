#include <chrono>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "aio/dial.hpp"
#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "aio/transport/tls_url.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/within.hpp"
#include "tests/aio/transport/tls_material.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Whether this process has a transport for TLS that listens and dials on this machine.
bool tls_has_a_name() {
    const auto own = authority().issue({.name = "127.0.0.1"});
    const auto server = io::tls_context::server(
        {.certificate = {.text = own.certificate}, .key = {.text = own.key}});
    (void)io::register_transport(
        "tls", io::make_tls_transport({.client = client_context(), .server = server.value()}));
    return static_cast<bool>(io::transport_of("tls"));
}

}  // namespace

TEST_CASE("message sockets meet over TLS, under its name here and under NNG's") {
    REQUIRE(tls_has_a_name());
    for (const std::string scheme : {"tls", "tls+tcp"}) {
        CAPTURE(scheme);
        auto body = [&]() -> io::task<> {
            io::pull_socket pull;
            io::push_socket push;
            const auto url = co_await pull.listen(scheme + "://127.0.0.1:0");
            REQUIRE(url);
            CHECK(url->starts_with(scheme + "://127.0.0.1:"));
            const auto dialed = co_await push.dial(*url);
            REQUIRE(dialed);

            const auto sent = co_await push.send(io::message("sealed"));
            const auto got = co_await io::within(10s, pull.receive());

            CHECK(sent);
            REQUIRE(got);
            CHECK(got->text() == "sealed");
            co_await push.stop();
            co_await pull.stop();
        };

        io::run(body());
    }
}
