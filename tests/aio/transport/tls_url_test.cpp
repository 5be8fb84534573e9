#include "aio/transport/tls_url.hpp"

#include <chrono>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "aio/sp/pull_socket.hpp"
#include "aio/sp/push_socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/within.hpp"
#include "tests/aio/transport/tls_subjects.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

TEST_CASE("message sockets meet over TLS, under its name here and under NNG's") {
    REQUIRE(tls_subjects::tls_has_a_name());
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
