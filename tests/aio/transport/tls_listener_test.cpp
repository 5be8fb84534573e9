#include <array>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream.hpp"
#include "aio/testing/manual_clock.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_listener.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/tls_engines.hpp"
#include "tests/aio/transport/tls_material.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using tls = io::tls_stream<io::tcp_stream>;
using tls_door = io::tls_listener<io::tcp_listener>;

tls_door open_door(io::tls_listen_options options) {
    auto below = io::tcp_listener::open(io::address::loopback(0));
    return tls_door::open(*std::move(below), server_context(), options).value();
}

io::task<io::tcp_stream> dial_below(const io::address& where) {
    auto below = co_await io::connect_tcp(where);
    co_return std::move(below).value();
}

io::task<io::result<tls>> dial(io::address where) {
    auto below = co_await dial_below(where);
    const auto rules = client_context();
    co_return co_await io::tls_connect(std::move(below), rules, {.server_name = "server.test"});
}

/// A client that says hello and goes on when it is told to.
class hesitant_client {
  public:
    explicit hesitant_client(io::tcp_stream below) : below_(std::move(below)) {}

    /// Until the server has answered the hello.
    io::task<> say_hello() {
        (void)engine_.shake_hands();
        co_await say();
        co_await hear();
    }

    io::task<bool> go_on() {
        for (;;) {
            const auto step = engine_.shake_hands();
            co_await say();
            if (!step.wants_input) co_return !step.error;
            co_await hear();
        }
    }

  private:
    io::task<> say() {
        const std::string text = output_of(engine_);
        const auto sent = co_await io::write_all(below_, text);
        CHECK(sent);
    }
    io::task<> hear() {
        const auto room = engine_.room().value();
        const auto got = co_await io::within(10s, below_.receive(room));
        REQUIRE(got);
        engine_.arrived(*got);
    }

    io::tcp_stream below_;
    io::tls_engine engine_ = io::tls_engine::client(client_context(), "server.test").value();
};

/// Enough for all who have dialed to be taken, as far as there is room.
io::task<> many_turns() {
    for (int i = 0; i < 200; ++i) std::ignore = co_await io::nop{};
}

/// Yields peers after an error and an exception.
class unwell_listener {
  public:
    explicit unwell_listener(io::tcp_listener below) : below_(std::move(below)) {}

    io::task<io::result<io::tcp_stream>> accept() {
        ++calls_;
        if (calls_ == 1) co_return std::make_error_code(std::errc::operation_not_permitted);
        if (calls_ == 2) throw std::runtime_error("unwell");
        co_return co_await below_.accept();
    }
    void close() noexcept { below_.close(); }
    bool is_open() const noexcept { return below_.is_open(); }
    io::result<io::address> local_address() const { return below_.local_address(); }
    std::string url() const { return below_.url(); }

  private:
    io::tcp_listener below_;
    int calls_ = 0;
};

}  // namespace

TEST_CASE("silent peers make way at a listener of TLS that is full") {
    auto body = []() -> io::task<> {
        auto door = open_door({.limit = 1h, .most_shaking = 2, .patience = 0ms});
        const auto where = door.local_address().value();
        auto oldest = co_await dial_below(where);
        const auto other = co_await dial_below(where);

        const auto both =
            co_await io::when_all(io::within(10s, door.accept()), io::within(10s, dial(where)));
        std::array<std::byte, 1> room;
        const auto end = co_await io::within(10s, oldest.receive(room));

        CHECK(std::get<0>(both));
        CHECK(std::get<1>(both));
        REQUIRE(end);
        CHECK(*end == 0);
        CHECK(other.is_open());
    };

    run_body(body);
}

TEST_CASE("who has said hello to a listener of TLS that is full need not make way") {
    auto body = []() -> io::task<> {
        auto door = open_door({.limit = 1h, .most_shaking = 2, .patience = 0ms});
        const auto where = door.local_address().value();
        hesitant_client slow(co_await dial_below(where));
        co_await slow.say_hello();
        auto silent = co_await dial_below(where);
        const auto next = co_await io::within(10s, dial(where));
        std::array<std::byte, 1> room;
        const auto end = co_await io::within(10s, silent.receive(room));
        REQUIRE(end);
        CHECK(*end == 0);

        const bool shaken = co_await slow.go_on();
        const auto one = co_await io::within(10s, door.accept());
        const auto two = co_await io::within(10s, door.accept());

        CHECK(next);
        CHECK(shaken);
        CHECK(one);
        CHECK(two);
    };

    run_body(body);
}

TEST_CASE("who is silent for less than a listener's patience is waited for") {
    auto body = []() -> io::task<> {
        auto door = open_door({.limit = 1h, .most_shaking = 1, .patience = 1h});
        const auto where = door.local_address().value();
        hesitant_client slow(co_await dial_below(where));
        auto next = [&]() -> io::task<bool> {
            const auto made = co_await io::within(10s, dial(where));
            co_return made.has_value();
        };
        auto first = [&]() -> io::task<bool> {
            co_await slow.say_hello();
            co_return co_await slow.go_on();
        };

        const auto both = co_await io::when_all(next(), first());

        CHECK(std::get<0>(both));
        CHECK(std::get<1>(both));
    };

    run_body(body);
}

TEST_CASE("a listener's patience with who is silent ends to the moment, and the oldest makes way") {
    io::testing::manual_clock time;
    auto body = [&]() -> io::task<> {
        auto door = open_door({.limit = 1h, .most_shaking = 2, .patience = 100ms});
        const auto where = door.local_address().value();
        auto oldest = co_await dial_below(where);
        const auto taken_after_it = co_await dial(where);
        const auto accepted = co_await door.accept();
        REQUIRE(taken_after_it);
        REQUIRE(accepted);
        const auto other = co_await dial_below(where);
        bool connected = false;
        bool dropped = false;
        auto waiting = [&]() -> io::task<> {
            const auto made = co_await dial(where);
            connected = made.has_value();
        };
        auto silent = [&]() -> io::task<> {
            std::array<std::byte, 1> room;
            const auto end = co_await oldest.receive(room);
            dropped = end && *end == 0;
        };
        auto moving = [&]() -> io::task<> {
            co_await many_turns();
            time.advance(99ms);
            co_await many_turns();
            CHECK(!connected);
            CHECK(!dropped);
            time.advance(1ms);
        };

        co_await io::when_all(waiting(), silent(), moving());

        CHECK(connected);
        CHECK(dropped);
        CHECK(other.is_open());
    };

    io::run(body(), {.time = &time});
}

TEST_CASE("what goes wrong with a listener below is told once, and TLS over it goes on") {
    auto body = []() -> io::task<> {
        auto below = io::tcp_listener::open(io::address::loopback(0));
        auto door = io::tls_listener<unwell_listener>::open(unwell_listener(*std::move(below)),
                                                            server_context())
                        .value();
        const auto where = door.local_address().value();
        bool thrown = false;

        const auto error = co_await io::within(10s, door.accept());
        try {
            (void)co_await io::within(10s, door.accept());
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        const auto both =
            co_await io::when_all(io::within(10s, door.accept()), io::within(10s, dial(where)));

        CHECK(error.error() == std::errc::operation_not_permitted);
        CHECK(thrown);
        CHECK(std::get<0>(both));
        CHECK(std::get<1>(both));
    };

    run_body(body);
}
