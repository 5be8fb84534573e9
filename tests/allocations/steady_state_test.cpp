#include <array>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "aio/any_stream.hpp"
#include "aio/completion_source.hpp"
#include "aio/op/close.hpp"
#include "aio/op/file.hpp"
#include "aio/op/message.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/nop.hpp"
#include "aio/op/poll.hpp"
#include "aio/op/socket.hpp"
#include "aio/op/timeout.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/concurrent_auto_event.hpp"
#include "runtime/concurrent_channel.hpp"
#include "runtime/concurrent_mutex.hpp"
#include "runtime/event.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/select.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/with_stop.hpp"
#include "runtime/within.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/allocations/counted.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Runs `step` often enough for what is recycled to be there, then counts.
/// Returns: how many times `operator new` was called in the rounds after that.
template <class Step>
std::uint64_t allocations_of(Step step) {
    constexpr int warm_up = 200;
    constexpr int measured = 1000;
    auto body = [&]() -> io::task<std::uint64_t> {
        for (int round = 0; round < warm_up; ++round) co_await step();
        const auto before = counted::allocations();
        for (int round = 0; round < measured; ++round) co_await step();
        co_return counted::allocations() - before;
    };
    return io::run(body());
}

/// A CHECK that does not allocate while it holds.
template <class Outcome>
void expect(const Outcome& outcome) {
    if (!outcome) FAIL_CHECK("a step failed");
}

template <class Outcome>
void expect_failure(const Outcome& outcome) {
    if (outcome) FAIL_CHECK("a step succeeded");
}

/// Without a pool each frame is an allocation: then there is nothing to assert.
bool skipped() {
    if (counted::available() && counted::frames_are_pooled()) return false;
    MESSAGE("skipped: under this sanitizer frames are not pooled, or allocations not counted");
    return true;
}

/// One await in a frame of its own: only small frames are pooled.
template <class Awaitable>
io::task<> expected(Awaitable awaitable) {
    const auto outcome = co_await std::move(awaitable);
    expect(outcome);
}

template <class Awaitable>
io::task<> expected_to_fail(Awaitable awaitable) {
    const auto outcome = co_await std::move(awaitable);
    expect_failure(outcome);
}

/// A stream whose operations are coroutines, as those of a transport that is written as one.
class coroutine_stream {
  public:
    explicit coroutine_stream(io::tcp_stream inner) : inner_(std::move(inner)) {}

    io::task<io::transfer> receive(io::buffer_view into) {
        co_return co_await io::read_exactly(inner_, into);
    }
    io::task<io::transfer> send(io::const_buffer_view from) {
        co_return co_await io::write_all(inner_, from);
    }
    auto shutdown(io::direction which) noexcept { return inner_.shutdown(which); }
    void close() noexcept { inner_.close(); }
    bool is_open() const noexcept { return inner_.is_open(); }
    io::result<io::address> local_address() const { return inner_.local_address(); }
    io::result<io::address> peer_address() const { return inner_.peer_address(); }

  private:
    io::tcp_stream inner_;
};

/// Returns: how often an exchange between two ends allocates once it has become steady.
io::task<std::uint64_t> allocations_of_exchange(io::any_stream client, io::any_stream server) {
    std::array<char, 64> sent{}, got{};
    const io::const_buffer_view halves[] = {std::span(sent).first(32), std::span(sent).last(32)};
    std::uint64_t before = 0;
    for (int round = 0; round < 1000; ++round) {
        if (round == 100) before = counted::allocations();
        expect(co_await io::write_all(client, sent));
        expect(co_await io::within(1s, io::read_exactly(server, got)));
        expect(co_await io::within(1s, server.send(got)));
        expect(co_await io::within(1s, client.receive(sent)));
        auto race = co_await io::when_any(client.receive(got), io::sleep_for(1us));
        expect_failure(race.get<0>());
        const auto gathered = co_await client.send_gathered(halves);
        expect(co_await io::read_exactly(server, std::span(got).first(*gathered)));
    }
    co_return counted::allocations() - before;
}

}  // namespace

TEST_CASE("operations on sockets do not allocate") {
    if (skipped()) return;
    auto pair = make_socket_pair();
    std::array<char, 16> buffer{};
    const io::buffer_view in[] = {io::buffer_view(buffer)};
    const io::const_buffer_view out[] = {io::const_buffer_view(buffer)};
    auto step = [&]() -> io::task<> {
        co_await expected(io::nop{});
        co_await expected(io::send{.socket = pair.second, .buffer = buffer});
        co_await expected(io::poll{.file = pair.first});
        co_await expected(io::receive{.socket = pair.first, .buffer = buffer});
        co_await expected(io::send_message{.socket = pair.second, .buffers = out});
        co_await expected(io::receive_message{.socket = pair.first, .buffers = in});
        co_await expected(io::timeout{.span = 1us});
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("operations on pipes do not allocate") {
    if (skipped()) return;
    auto pipe = make_pipe();
    std::array<char, 16> buffer{};
    const io::buffer_view in[] = {io::buffer_view(buffer)};
    const io::const_buffer_view out[] = {io::const_buffer_view(buffer)};
    auto step = [&]() -> io::task<> {
        co_await expected(io::write{.file = pipe.second, .buffer = buffer});
        co_await expected(io::read{.file = pipe.first, .buffer = buffer});
        co_await expected(io::writev{.file = pipe.second, .buffers = out});
        co_await expected(io::readv{.file = pipe.first, .buffers = in});
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("operations on files do not allocate") {
    if (skipped()) return;
    auto step = []() -> io::task<> {
        auto file = co_await io::open{.path = "/dev/null"};
        expect(file);
        co_await expected(io::stat{.path = "/dev/null"});
        co_await expected(io::close{.file = file->release()});
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("operations that make and end sockets do not allocate") {
    if (skipped()) return;
    auto step = []() -> io::task<> {
        auto door = co_await io::socket{};
        expect(door);
        const io::descriptor_ref ref = *door;
        co_await expected(io::bind{.socket = ref, .address = io::address::loopback(0)});
        co_await expected(io::listen{.socket = ref});
        co_await expected_to_fail(io::within(0s, io::accept{.socket = ref}));
        co_await expected(io::shutdown{.socket = ref});
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("the values of a multishot do not allocate") {
    if (skipped()) return;
    const auto ends = make_pipe();
    io::multishot<io::poll> ready(io::poll{.file = ends.first}, {.queued = 4});
    auto step = [&]() -> io::task<> {
        put(ends.second, "x");
        const auto there = co_await ready.next();
        expect(there);
        char byte;
        const auto taken = co_await io::read{.file = ends.first, .buffer = std::span(&byte, 1)};
        expect(taken);
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("deadlines do not allocate, whether they pass or not, on operations and on tasks") {
    if (skipped()) return;
    auto pair = make_socket_pair();
    std::array<char, 1> buffer{};
    const io::receive receive{.socket = pair.first, .buffer = buffer};
    const io::send send{.socket = pair.second, .buffer = buffer};
    auto inside = [&]() -> io::task<io::result<std::size_t>> { co_return co_await receive; };
    auto step = [&]() -> io::task<> {
        co_await expected_to_fail(io::within(1us, receive));
        co_await expected_to_fail(io::within(1us, inside()));
        co_await expected(send);
        co_await expected(io::within(1h, receive));
        co_await expected(send);
        co_await expected(io::within(1h, inside()));
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("sleeps, yields, shields and events do not allocate") {
    if (skipped()) return;
    io::event set;
    set.set();
    auto step = [&]() -> io::task<> {
        (void)co_await io::sleep_for(1us);
        (void)co_await io::sleep_for(0s);
        co_await io::yield();
        (void)co_await io::shield(io::sleep_for(1us));
        (void)co_await set.wait();
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("races and unions of two operations do not allocate") {
    if (skipped()) return;
    auto pair = make_socket_pair();
    auto quiet = make_socket_pair();
    std::array<char, 1> one{}, other{};
    const io::receive fed{.socket = pair.first, .buffer = one};
    const io::receive never_fed{.socket = quiet.first, .buffer = other};
    const io::send send{.socket = pair.second, .buffer = one};
    auto race = [&]() -> io::task<bool> {
        auto any = co_await io::when_any(fed, never_fed);
        co_return any.index == 0 && any.get<0>() && !any.get<1>();
    };
    auto all = [&]() -> io::task<bool> {
        auto both = co_await io::when_all(send, fed);
        co_return std::get<0>(both) && std::get<1>(both);
    };
    auto step = [&]() -> io::task<> {
        co_await expected(send);
        co_await expected(race());
        co_await expected(all());
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("tasks, and children spawned into a scope, do not allocate") {
    if (skipped()) return;
    auto child = []() -> io::task<int> {
        (void)co_await io::nop{};
        co_return 1;
    };
    auto step = [&]() -> io::task<> {
        io::task_scope scope;
        for (int number = 0; number < 10; ++number) scope.spawn(child);
        scope.spawn(child());
        co_await scope.join();
        (void)co_await io::when_any(child(), child());
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("a completion_source and a stop token do not allocate") {
    if (skipped()) return;
    std::stop_source source;
    auto step = [&]() -> io::task<> {
        io::completion_source<int> answer;
        auto handle = answer.handle();
        auto finish = [&]() -> io::task<> {
            handle.finish(5);
            co_return;
        };
        auto both = co_await io::when_all(answer, finish());
        expect(*std::get<0>(both) == 5);
        (void)co_await io::with_stop(source.get_token(), io::nop{});
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("channels, mutexes and the like of many homes do not allocate, nor does select") {
    if (skipped()) return;
    io::concurrent_channel<int> full(2), empty(io::unbounded), meeting(0);
    io::concurrent_mutex lock;
    io::concurrent_auto_event signal;
    std::array<int, 2> sent{};
    std::vector<int> got;
    got.reserve(4);
    // One waits, one is there, one was not begun or waits too.
    auto selects = [&]() -> io::task<> {
        const auto next = co_await io::select(empty.receive(), full.receive(), signal.wait());
        expect(std::get<1>(next.results));
    };
    auto step = [&]() -> io::task<> {
        co_await expected(full.send_all(sent));
        co_await selects();
        co_await expected(full.receive_some(got));
        got.clear();
        co_await io::when_all(expected(meeting.receive()), expected(meeting.send(sent[0])));
        signal.set();
        co_await expected(signal.wait());
        co_await expected(lock.lock());
        co_await expected_to_fail(io::within(1us, empty.receive()));
    };

    CHECK(allocations_of(step) == 0);
}

TEST_CASE("an exchange between two schedulers over channels does not allocate") {
    if (skipped()) return;
    io::concurrent_channel<int> there(4), back(4);
    std::uint64_t echoed = 1;
    std::thread other([&] {
        auto echo = [&]() -> io::task<> {
            auto next = co_await there.receive();
            if (next) expect(co_await back.send(*next));
        };
        echoed = allocations_of(echo);
    });
    int number = 0;
    auto step = [&]() -> io::task<> {
        expect(co_await there.send(++number));
        const auto echo = co_await back.receive();
        expect(echo && *echo == number);
    };

    const std::uint64_t exchanged = allocations_of(step);
    other.join();

    CHECK(exchanged == 0);
    CHECK(echoed == 0);
}

TEST_CASE("an exchange over TCP does not allocate") {
    if (skipped()) return;
    auto body = []() -> io::task<std::uint64_t> {
        auto door = io::tcp_listener::open(io::address::loopback(0));
        auto both = co_await io::when_all(door->accept(), io::connect_tcp(*door->local_address()));
        auto& [server, client] = both;
        std::array<char, 64> sent{}, got{};
        std::uint64_t before = 0;
        for (int round = 0; round < 1000; ++round) {
            if (round == 100) before = counted::allocations();
            expect(co_await io::write_all(*client, sent));
            expect(co_await io::within(1s, io::read_exactly(*server, got)));
            expect(co_await io::write_all(*server, got));
            expect(co_await io::read_exactly(*client, sent));
        }
        co_return counted::allocations() - before;
    };

    CHECK(io::run(body()) == 0);
}

TEST_CASE("an exchange through any_stream does not allocate, whatever the stream is made of") {
    if (skipped()) return;
    auto body = [](auto make) -> io::task<std::uint64_t> {
        auto door = io::tcp_listener::open(io::address::loopback(0));
        auto both = co_await io::when_all(door->accept(), io::connect_tcp(*door->local_address()));
        auto& [server, client] = both;
        co_return co_await allocations_of_exchange(make(*std::move(client)),
                                                   make(*std::move(server)));
    };

    const auto of_tcp =
        io::run(body([](io::tcp_stream stream) { return io::any_stream(std::move(stream)); }));
    const auto of_coroutines = io::run(body(
        [](io::tcp_stream stream) { return io::any_stream(coroutine_stream(std::move(stream))); }));

    CHECK(of_tcp == 0);
    CHECK(of_coroutines == 0);
}
