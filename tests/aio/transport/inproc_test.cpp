#include "aio/transport/inproc.hpp"

#include <array>
#include <deque>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/testing/contract_suite.hpp"
#include "aio/testing/manual_home.hpp"
#include "aio/testing/other_thread.hpp"
#include "aio/testing/running.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/dies_with.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

static_assert(io::stream<io::inproc_stream> && io::vectored_stream<io::inproc_stream>);
static_assert(io::stream_listener<io::inproc_listener>);
static_assert(sizeof(io::inproc_wait_for<io::result<std::size_t>>) <= 384);

template <class Awaitable>
io::task<io::result<std::size_t>> moved(Awaitable awaitable) {
    co_return co_await awaitable;
}

io::task<io::result<std::size_t>> receive(io::inproc_stream& stream, io::buffer_view into) {
    return moved(stream.receive(into));
}

io::task<io::result<std::size_t>> send(io::inproc_stream& stream, io::const_buffer_view from) {
    return moved(stream.send(from));
}

/// A receive that the other end completes, at home or on another thread.
template <bool elsewhere>
struct receive_subject {
    explicit receive_subject(manual_home&) {}

    auto operation() { return ends.first.receive(room); }
    void complete() {
        const auto send_one = [this] {
            manual_home there;
            running sent(there, send(ends.second, "x"));
            there.run_until_idle();
            (void)sent.take();
        };
        if constexpr (elsewhere)
            other.run(send_one);
        else
            here.emplace_back(static_cast<manual_home&>(io::home::current()),
                              send(ends.second, "x"));
    }

    other_thread other;
    std::pair<io::inproc_stream, io::inproc_stream> ends = io::make_inproc_pair();
    std::array<char, 1> room{};
    std::deque<running<io::result<std::size_t>>> here;
};

/// A send that has no room until the other end receives.
struct send_subject {
    explicit send_subject(manual_home& at) : filled(at, send(ends.first, "f")) {
        at.run_until_idle();
    }

    auto operation() { return ends.first.send("x"); }
    void complete() {
        received.emplace_back(static_cast<manual_home&>(io::home::current()),
                              receive(ends.second, room));
    }

    std::pair<io::inproc_stream, io::inproc_stream> ends = io::make_inproc_pair({.capacity = 1});
    running<io::result<std::size_t>> filled;
    std::array<char, 1> room{};
    std::deque<running<io::result<std::size_t>>> received;
};

/// An accept that another thread's dial completes.
struct accept_subject {
    explicit accept_subject(manual_home&) : door(*io::inproc_listener::open("subject")) {}

    auto operation() { return door.accept(); }
    void complete() {
        other.run([] {
            manual_home there;
            running dialed(there, io::connect_inproc("subject"));
            there.run_until_idle();
            (void)dialed.take();
        });
    }

    io::inproc_listener door;
    other_thread other;
};

template <class Subject>
void check_contract() {
    const auto failures = contract_failures<Subject>();

    for (const auto& each : failures) MESSAGE(each);
    CHECK(failures.empty());
}

}  // namespace

TEST_CASE("inproc: a receive keeps the contract, whoever completes it") {
    check_contract<receive_subject<false>>();
    check_contract<receive_subject<true>>();
}

TEST_CASE("inproc: a send without room keeps the contract") { check_contract<send_subject>(); }

TEST_CASE("inproc: an accept keeps the contract") { check_contract<accept_subject>(); }

TEST_CASE("inproc: a connection needs no kernel, and holds no more than its capacity") {
    manual_home at;
    auto ends = io::make_inproc_pair({.capacity = 4});
    std::array<char, 8> room{};

    running first(at, send(ends.first, "abcdef"));
    running second(at, send(ends.first, "gh"));
    at.run_until_idle();
    CHECK(*first.take() == 4);
    CHECK_FALSE(second.done());
    running got(at, receive(ends.second, room));
    at.run_until_idle();
    running rest(at, receive(ends.second, std::span(room).subspan(4)));
    at.run_until_idle();

    CHECK(*got.take() == 4);
    CHECK(*second.take() == 2);
    CHECK(*rest.take() == 2);
    CHECK(std::string_view(room.data(), 6) == "abcdgh");
}

TEST_CASE("inproc: after its own receiving direction ended an end receives nothing") {
    manual_home at;
    auto ends = io::make_inproc_pair();
    std::array<char, 8> room{};
    auto ended = [&]() -> io::task<io::result<void>> {
        co_return co_await ends.first.shutdown(io::direction::receive);
    };

    running sent(at, send(ends.second, "lost"));
    running done(at, ended());
    running got(at, receive(ends.first, room));
    running late(at, send(ends.second, "late"));
    running back(at, send(ends.first, "back"));
    at.run_until_idle();

    CHECK(*sent.take() == 4);
    CHECK(done.take());
    CHECK(*got.take() == 0);
    CHECK(late.take().error() == std::errc::broken_pipe);
    CHECK(*back.take() == 4);
}

TEST_CASE("inproc: names are refused that are empty, too long or taken, and free after a close") {
    auto door = *io::inproc_listener::open("name");

    CHECK(io::inproc_listener::open("").error() == std::errc::invalid_argument);
    CHECK(io::inproc_listener::open(std::string(256, 'x')).error() == std::errc::filename_too_long);
    CHECK(io::inproc_listener::open(std::string(255, 'x')));
    CHECK(io::inproc_listener::open("name").error() == std::errc::address_in_use);
    CHECK(door.url() == "inproc://name");
    CHECK(*door.local_address() == io::address());
    door.close();
    CHECK(io::inproc_listener::open("name"));
    CHECK(door.url().empty());
    CHECK(door.local_address().error() == std::errc::bad_file_descriptor);
}

TEST_CASE("inproc: who waits for room at a listener is refused when it goes") {
    manual_home at;
    auto door = *io::inproc_listener::open("narrow", {.backlog = 1});
    std::array<char, 1> room;

    running first(at, io::connect_inproc("narrow"));
    running second(at, io::connect_inproc("narrow"));
    at.run_until_idle();
    REQUIRE(first.done());
    CHECK_FALSE(second.done());
    door.close();
    at.run_until_idle();
    auto in_line = first.take();
    running got(at, receive(*in_line, room));
    running nobody(at, io::connect_inproc("narrow"));
    at.run_until_idle();

    CHECK(second.take().error() == std::errc::connection_refused);
    CHECK(*got.take() == 0);
    CHECK(nobody.take().error() == std::errc::connection_refused);
}

TEST_CASE("inproc: two ends at home on different threads exchange bytes with back-pressure") {
    constexpr std::size_t total = 200'000;
    auto serve = [](io::inproc_listener& door) -> io::task<std::size_t> {
        auto peer = co_await door.accept();
        if (!peer) co_return 0;
        std::array<std::byte, 1000> room;
        std::size_t got = 0;
        for (;;) {
            const auto step = co_await peer->receive(room);
            if (!step || *step == 0) break;
            got += *step;
            if (!co_await io::write_all(*peer, std::span(room).first(*step))) break;
        }
        co_return got;
    };
    auto client = [&]() -> io::task<std::size_t> {
        auto stream = co_await io::connect_inproc("across");
        if (!stream) co_return 0;
        const std::vector<std::byte> text(700);
        std::vector<std::byte> room(700);
        std::size_t back = 0;
        while (back < total) {
            if (!co_await io::write_all(*stream, text)) break;
            const auto got = co_await io::read_exactly(*stream, room);
            back += got.count();
            if (!got) break;
        }
        stream->close();
        co_return back;
    };
    auto door = *io::inproc_listener::open("across", {.connections = {.capacity = 512}});
    io::scheduler there;
    std::thread other([&] {
        io::scheduler loop;
        CHECK(loop.run(client()) >= total);
    });

    const std::size_t served = there.run(serve(door));
    other.join();

    CHECK(served >= total);
}

TEST_CASE("inproc: a capacity or a backlog of 0 is a mistake") {
    CHECK(dies_with("would let nothing through", [] { io::make_inproc_pair({.capacity = 0}); }));
    CHECK(dies_with("would let nobody in",
                    [] { (void)io::inproc_listener::open("x", {.backlog = 0}); }));
}
