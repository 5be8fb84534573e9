#include "aio/any_stream.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "aio/testing/contract_suite.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "aio/testing/stream_pair.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/held_streams.hpp"
#include "tests/aio/op/answer.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;
using namespace held;

namespace {

class throwing_stream : public plain_stream {
  public:
    using plain_stream::plain_stream;

    auto receive(io::buffer_view buffer) {
        throw std::runtime_error("no receive here");
        return plain_stream::receive(buffer);
    }
};

static_assert(io::stream<plain_stream> && io::stream<coroutine_stream>);
static_assert(io::stream<io::any_stream> && io::vectored_stream<io::any_stream>);
static_assert(io::stream<io::tcp_stream>);

/// Counts how often it is called at all.
class counting_model final : public io::stream_model {
  public:
    counting_model(memory_stream& end, int& calls) noexcept : end_(end), calls_(calls) {}

    bool launch(io::stream_wait& wait) noexcept override {
        ++calls_;
        return wait.run([&] { return end_.receive(wait.request().into); });
    }
    void close() noexcept override { ++calls_; }
    bool is_open() const noexcept override { return ++calls_; }
    io::result<io::address> local_address() const override { return counted(); }
    io::result<io::address> peer_address() const override { return counted(); }
    io::descriptor_ref socket() const noexcept override {
        ++calls_;
        return {};
    }
    void* get(const void*) noexcept override {
        ++calls_;
        return nullptr;
    }

  private:
    io::address counted() const {
        ++calls_;
        return {};
    }

    memory_stream& end_;
    int& calls_;
};

io::task<io::transfer> receive(io::any_stream& stream, io::buffer_view into) {
    co_return co_await stream.receive(into);
}

io::task<io::transfer> receive_within(io::time_limit limit, io::any_stream& stream,
                                      io::buffer_view into) {
    co_return co_await io::within(limit, stream.receive(into));
}

io::task<std::size_t> receive_from_either(io::any_stream& one, io::any_stream& other) {
    std::array<char, 8> a, b;
    auto race = co_await io::when_any(one.receive(a), other.receive(b));
    std::size_t total = 0;
    if (auto& got = race.get<0>()) total += *got;
    if (auto& got = race.get<1>()) total += *got;
    co_return total;
}

io::task<io::transfer> send(io::any_stream& stream, io::const_buffer_view from) {
    co_return co_await stream.send(from);
}

template <class Stream>
struct wrapped {
    explicit wrapped(manual_home&) {}
    io::stream_operation<io::transfer> operation() { return left.receive(room); }
    void complete() { right_sends.emplace_back(home(), send(right, "x")); }

    manual_home& home() { return static_cast<manual_home&>(io::home::current()); }

    stream_pair pair;
    io::any_stream left{Stream(pair.left())};
    io::any_stream right{Stream(pair.right())};
    std::array<char, 1> room{};
    std::deque<running<io::transfer>> right_sends;
};

}  // namespace

TEST_CASE_TEMPLATE("what a stream of any type sends the other end receives, in order", Stream,
                   plain_stream, coroutine_stream) {
    manual_home at;
    stream_pair pair;
    io::any_stream left{Stream(pair.left())}, right{Stream(pair.right())};
    std::array<char, 16> room{};

    running first(at, send(left, "one "));
    running second(at, send(left, "two"));
    at.run_until_idle();
    running got(at, receive(right, room));
    at.run_until_idle();

    CHECK(*first.take() == 4);
    CHECK(*second.take() == 3);
    CHECK(*got.take() == 7);
    CHECK(std::string_view(room.data(), 7) == "one two");
}

TEST_CASE_TEMPLATE("a receive through any_stream keeps the contract of an operation", Stream,
                   plain_stream, coroutine_stream) {
    for (const auto& failure : contract_failures<wrapped<Stream>>()) FAIL_CHECK(failure);
}

TEST_CASE_TEMPLATE("within limits a receive of any stream, and a limit of zero tries once", Stream,
                   plain_stream, coroutine_stream) {
    manual_home at;
    stream_pair pair;
    io::any_stream left{Stream(pair.left())}, right{Stream(pair.right())};
    std::array<char, 4> room{};

    running late(at, receive_within(5ms, right, room));
    running at_once(at, receive_within(0ms, right, room));
    at.run_until_idle();
    CHECK(!late.done());
    CHECK(at_once.take().error() == io::error::timed_out);
    at.advance(5ms);
    CHECK(late.take().error() == io::error::timed_out);
    running sent(at, send(left, "data"));
    running there(at, receive_within(0ms, right, room));
    running limited(at, receive_within(at.now() + 5ms, right, room));
    at.run_until_idle();
    running more(at, send(left, "more"));
    at.run_until_idle();

    CHECK(*there.take() == 4);
    CHECK(*limited.take() == 4);
    CHECK(at.timers().empty());
}

TEST_CASE_TEMPLATE("of two receives that race neither loses a byte", Stream, plain_stream,
                   coroutine_stream) {
    manual_home at;
    stream_pair one, other;
    io::any_stream left{Stream(one.right())}, right{Stream(other.right())};
    io::any_stream left_peer{Stream(one.left())}, right_peer{Stream(other.left())};

    running raced(at, receive_from_either(left, right));
    at.run_until_idle();
    running first(at, send(left_peer, "abc"));
    running second(at, send(right_peer, "defg"));
    at.run_until_idle();

    CHECK(raced.take() + one.on_their_way() + other.on_their_way() == 7);
}

TEST_CASE_TEMPLATE("a wait for any stream may be destroyed while it is pending", Stream,
                   plain_stream, coroutine_stream) {
    manual_home at;
    stream_pair pair;
    io::any_stream left{Stream(pair.left())}, right{Stream(pair.right())};
    std::array<char, 4> room{'k', 'e', 'e', 'p'};
    {
        running dies(at, receive(right, room));
        running dies_later(at, receive_within(5ms, right, room));
        at.run_until_idle();
    }

    running sent(at, send(left, "data"));
    at.run_until_idle();

    CHECK(std::string_view(room.data(), 4) == "keep");
    CHECK(pair.on_their_way() == 4);
    CHECK(at.pending() == 0);
}

TEST_CASE("an operation through any_stream makes one virtual call") {
    manual_home at;
    stream_pair pair;
    int calls = 0;
    io::any_stream counted(std::make_unique<counting_model>(pair.right(), calls));
    io::any_stream left{plain_stream(pair.left())};
    std::array<char, 4> room{};

    running got(at, receive(counted, room));
    running gives_up(at, receive_within(5ms, counted, room));
    at.run_until_idle();
    running sent(at, send(left, "data"));
    at.advance(5ms);

    CHECK(*got.take() == 4);
    CHECK(gives_up.take().error() == io::error::timed_out);
    CHECK(calls == 2);
}

TEST_CASE("an operation that is too large for the room of a wait is run all the same") {
    manual_home at;
    stream_pair pair;
    io::any_stream bulky{bulky_stream(pair.left())};
    std::array<char, 4> room{};

    running plain(at, receive(bulky, room));
    running limited(at, receive_within(5ms, bulky, room));
    at.run_until_idle();

    CHECK(*plain.take() == 4);
    CHECK(*limited.take() == 4);
}

TEST_CASE("what a stream throws is thrown to whoever waits") {
    manual_home at;
    stream_pair pair;
    io::any_stream throwing{throwing_stream(pair.left())};
    std::array<char, 4> room{};

    running got(at, receive(throwing, room));
    at.run_until_idle();

    CHECK_THROWS_WITH(std::ignore = got.take(), "no receive here");
}

TEST_CASE("an any_stream that holds nothing is closed") {
    manual_home at;
    io::any_stream nothing;
    std::array<char, 4> room{};

    running got(at, receive(nothing, room));
    running sent(at, send(nothing, "x"));
    at.run_until_idle();
    nothing.close();

    CHECK(got.take().error() == io::error::closed);
    CHECK(sent.take().error() == io::error::closed);
    CHECK_FALSE(nothing.is_open());
    CHECK(nothing.local_address().error() == std::errc::bad_file_descriptor);
    CHECK(nothing.peer_address().error() == std::errc::bad_file_descriptor);
    CHECK_FALSE(nothing.socket());
    CHECK(nothing.get_if<plain_stream>() == nullptr);
}

TEST_CASE("a stream that knows one buffer at a time is given the first that is not empty") {
    manual_home at;
    stream_pair pair;
    io::any_stream left{plain_stream(pair.left())}, right{plain_stream(pair.right())};
    std::array<char, 2> first{};
    std::array<char, 8> second{};
    const std::array<io::const_buffer_view, 3> from{
        io::const_buffer_view(), io::const_buffer_view("abc"), io::const_buffer_view("def")};
    const std::array<io::buffer_view, 3> into{io::buffer_view(), first, second};
    auto exchange = [&]() -> io::task<std::size_t> {
        const auto sent = co_await left.send_gathered(from);
        const auto got = co_await right.receive_scattered(into);
        co_return *sent * 10 + *got;
    };

    running done(at, exchange());
    at.run_until_idle();

    CHECK(done.take() == 32);
    CHECK(std::string_view(first.data(), 2) == "ab");
}

TEST_CASE("an any_stream gives back the stream of its own type, and its addresses") {
    stream_pair pair;
    io::any_stream any{plain_stream(pair.left())};
    io::any_stream moved = std::move(any);

    CHECK(moved.get_if<plain_stream>() != nullptr);
    CHECK(moved.get_if<coroutine_stream>() == nullptr);
    CHECK(*moved.local_address() == io::address::loopback(1));
    CHECK(*moved.peer_address() == io::address::loopback(2));
    CHECK(moved.is_open());
    moved.close();
    CHECK_FALSE(moved.is_open());
}

TEST_CASE("shutdown through any_stream yields what the stream's own yields") {
    manual_home at;
    stream_pair pair;
    io::any_stream left{plain_stream(pair.left())}, right{coroutine_stream(pair.right())};
    std::array<char, 4> room{};
    auto end = [&](io::any_stream& which) -> io::task<io::result<void>> {
        co_return co_await which.shutdown(io::direction::send);
    };

    running ended(at, end(left));
    running refused(at, end(right));
    running got(at, receive(right, room));
    at.run_until_idle();

    CHECK(ended.take());
    CHECK(refused.take().error() == std::errc::operation_not_supported);
    CHECK(*got.take() == 0);
}

TEST_CASE("a TCP stream in an any_stream exchanges bytes, plain, gathered and within a limit") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        auto both = co_await io::when_all(io::connect_tcp(*door.local_address()), door.accept());
        io::any_stream client(std::move(std::get<0>(both)).value());
        io::any_stream server(std::move(std::get<1>(both)).value());
        std::array<char, 8> room{};

        const auto sent = co_await io::write_all(client, "hello");
        const auto got = co_await io::read_exactly(server, std::span(room).first(5));
        const auto silent = co_await io::within(1ms, server.receive(room));
        const auto ended = co_await client.shutdown(io::direction::send);
        const auto end = co_await io::within(10s, server.receive(room));
        server.close();
        const auto closed = co_await server.receive(room);

        CHECK(*sent == 5);
        CHECK(*got == 5);
        CHECK(silent.error() == io::error::timed_out);
        CHECK(ended);
        CHECK(*end == 0);
        CHECK(closed.error() == io::error::closed);
        CHECK(client.socket());
        CHECK(client.get_if<io::tcp_stream>() != nullptr);
    };

    run_body(body);
}
