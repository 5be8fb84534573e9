#include "aio/stream/splice.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream/copy.hpp"
#include "aio/stream/relay.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/op/scratch.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr io::copy_options spliced{.splice = true};

/// Has nothing but a descriptor to lend: what is copied with it, the kernel has moved.
struct only_lends {
    io::descriptor_ref file;

    io::task<io::result<std::size_t>> receive(io::buffer_view) const { return refused(); }
    io::task<io::result<std::size_t>> send(io::const_buffer_view) const { return refused(); }
    io::lent_descriptor lend() const noexcept { return {.file = file}; }

  private:
    static io::task<io::result<std::size_t>> refused() {
        co_return std::make_error_code(std::errc::operation_not_supported);
    }
};

static_assert(io::byte_stream<only_lends> && io::lends_descriptor<only_lends>);

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    std::generate(text.begin(), text.end(), [n = 7U]() mutable {
        return static_cast<char>((n = n * 1664525 + 1013904223) >> 24);
    });
    return text;
}

std::string text_of(io::const_buffer_view bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Writes all and closes.
io::task<> fill(io::descriptor& to, const std::string& text) {
    const auto sent = co_await io::write_all(to, text);
    CHECK(sent);
    to = {};
}

io::task<std::string> drain(io::descriptor& from) {
    const auto all = co_await io::read_to_end(from, SIZE_MAX);
    CHECK(all);
    co_return text_of(*all);
}

io::task<io::copied> copy_and_close(io::descriptor& from, io::descriptor& to) {
    const only_lends source{from};
    const only_lends sink{to};
    auto done = co_await io::copy(source, sink, spliced);
    to = {};
    co_return done;
}

/// From one pair of descriptors to the other. Returns: what arrived.
std::string through(two_ends in, two_ends out, const std::string& text) {
    std::string arrived;
    auto body = [&]() -> io::task<> {
        auto all = co_await io::when_all(fill(in.second, text),
                                         copy_and_close(in.first, out.second), drain(out.first));
        auto& done = std::get<1>(all);
        CHECK(done);
        CHECK(done.count() == text.size());
        arrived = std::move(std::get<2>(all));
    };
    run_body(body);
    return arrived;
}

/// What is in a pipe or a socket by now.
std::string in_there(const io::descriptor& from) {
    std::string all;
    auto body = [&]() -> io::task<> {
        std::array<char, 4096> part{};
        for (;;) {
            const auto got = co_await io::within(0s, io::read{.file = from, .buffer = part});
            if (!got || *got == 0) co_return;
            all.append(part.data(), *got);
        }
    };
    run_body(body);
    return all;
}

/// Writes until there is no room. Returns: what was written.
std::string filled(const io::descriptor& to) {
    const int flags = ::fcntl(to.number(), F_GETFL);
    ::fcntl(to.number(), F_SETFL, flags | O_NONBLOCK);
    std::string all;
    for (std::size_t piece = 4096; piece > 0; piece /= 4) {
        const std::string part(piece, '.');
        for (ssize_t went; (went = ::write(to.number(), part.data(), part.size())) > 0;)
            all.append(part, 0, static_cast<std::size_t>(went));
    }
    ::fcntl(to.number(), F_SETFL, flags);
    return all;
}

io::task<> until_empty(const io::descriptor& from) {
    for (int unread = 1; unread > 0;) {
        std::ignore = co_await io::nop{};
        REQUIRE(::ioctl(from.number(), FIONREAD, &unread) == 0);
    }
}

io::task<> some_turns() {
    for (int i = 0; i < 10; ++i) std::ignore = co_await io::nop{};
}

}  // namespace

TEST_CASE("the kernel moves the bytes between pipes, sockets and what else lends a descriptor") {
    const std::string text = pattern(300'000);

    CHECK(through(make_pipe(), make_pipe(), text) == text);
    CHECK(through(make_socket_pair(), make_pipe(), text) == text);
    CHECK(through(make_pipe(), make_tcp_pair(), text) == text);
    CHECK(through(make_tcp_pair(), make_socket_pair(), text) == text);
    CHECK(through(make_pipe(), make_pipe(), "") == "");
}

TEST_CASE("the kernel moves a file to a socket, and a socket to a file, from their positions on") {
    const scratch place;
    const std::string text = pattern(200'000);
    const auto file = made(place.file(), "head" + text);
    REQUIRE(::lseek(file.number(), 4, SEEK_SET) == 4);
    auto way = make_socket_pair();
    std::string arrived;
    auto body = [&]() -> io::task<> {
        const only_lends from{file};
        const only_lends to{way.second};
        const auto sending = [&]() -> io::task<io::copied> {
            auto done = co_await io::copy(from, to, spliced);
            way.second = {};
            co_return done;
        };
        auto both = co_await io::when_all(sending(), drain(way.first));
        CHECK(*std::get<0>(both) == text.size());
        arrived = std::move(std::get<1>(both));
    };

    run_body(body);

    CHECK(arrived == text);
}

TEST_CASE("where the kernel cannot move the bytes to a sink, they are copied, none twice") {
    const scratch place;
    const std::string text = pattern(200'000);
    auto in = make_pipe();
    const auto file = made(place.file());
    REQUIRE(::fcntl(file.number(), F_SETFL, O_APPEND) == 0);
    auto body = [&]() -> io::task<> {
        io::descriptor_stream source{in.first};
        io::descriptor_stream sink{file};
        auto both = co_await io::when_all(fill(in.second, text), io::copy(source, sink, spliced));
        CHECK(*std::get<1>(both) == text.size());
    };

    run_body(body);

    std::ifstream written(place.file(), std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(written), {}) == text);
}

TEST_CASE("where the kernel cannot move the bytes of a source, they are copied") {
    auto events = io::descriptor::adopt(::eventfd(0x41424344, EFD_CLOEXEC));
    auto out = make_pipe();
    auto body = [&]() -> io::task<> {
        io::descriptor_stream source{events};
        io::descriptor_stream sink{out.second};
        std::array<char, 8> number{};
        auto race = co_await io::when_any(io::copy(source, sink, spliced),
                                          io::read_exactly(out.first, number));
        const auto& copied = race.get<0>();
        CHECK(copied.error() == io::error::canceled);
        CHECK(copied.side() == io::copy_side::source);
        CHECK(copied.count() == 8);
        CHECK(std::string(number.data(), 4) == "DCBA");
    };

    run_body(body);
}

TEST_CASE("given up with a sink that is full, the bytes in between are the rest, none is lost") {
    const std::string text = pattern(10'000);
    for (auto* make : {+[] { return make_pipe(); }, +[] { return make_socket_pair(); },
                       +[] { return make_tcp_pair(); }}) {
        auto in = make_pipe();
        auto out = make();
        const std::string before = filled(out.second);
        put(in.second, text);
        io::copied outcome;
        auto body = [&]() -> io::task<> {
            const only_lends source{in.first};
            const only_lends sink{out.second};
            auto race =
                co_await io::when_any(io::copy(source, sink, spliced), until_empty(in.first));
            outcome = std::move(race.get<0>());
        };

        run_body(body);

        CHECK(outcome.error() == io::error::canceled);
        CHECK(outcome.side() == io::copy_side::sink);
        const std::string arrived = in_there(out.first);
        CHECK(arrived.size() == before.size() + outcome.count());
        CHECK((arrived + text_of(outcome.rest()) == before + text));
    }
}

TEST_CASE("a source that is silent keeps nobody from giving up") {
    for (auto* make : {+[] { return make_pipe(); }, +[] { return make_socket_pair(); }}) {
        auto in = make();
        auto out = make_pipe();
        auto body = [&]() -> io::task<> {
            const only_lends source{in.first};
            const only_lends sink{out.second};
            const auto late = co_await io::within(1ms, io::copy(source, sink, spliced));
            auto race = co_await io::when_any(io::copy(source, sink, spliced), some_turns());
            CHECK(late.error() == io::error::timed_out);
            CHECK(late.side() == io::copy_side::source);
            CHECK(race.get<0>().error() == io::error::canceled);
            CHECK(race.get<0>().count() == 0);
        };

        run_body(body);
    }
}

TEST_CASE("a stream that is closed under a copy ends it with closed, on its side") {
    for (const bool closes_source : {true, false}) {
        auto in = make_tcp_pair();
        auto out = make_tcp_pair();
        auto body = [&]() -> io::task<> {
            io::tcp_stream source(std::move(in.first));
            io::tcp_stream sink(std::move(out.first));
            const auto closing = [&]() -> io::task<> {
                co_await some_turns();
                (closes_source ? source : sink).close();
                if (!closes_source) put(in.second, "for nobody");
            };
            auto both = co_await io::when_all(io::copy(source, sink, spliced), closing());
            const auto& done = std::get<0>(both);
            CHECK(done.error() == io::error::closed);
            CHECK(done.side() == (closes_source ? io::copy_side::source : io::copy_side::sink));
            if (!closes_source) CHECK(text_of(done.rest()) == "for nobody");
        };

        run_body(body);
    }
}

TEST_CASE("a copy whose sink is gone says so, without a signal") {
    auto in = make_pipe();
    auto out = make_pipe();
    put(in.second, "for nobody");
    out.first = {};
    auto body = [&]() -> io::task<> {
        const only_lends source{in.first};
        const only_lends sink{out.second};
        const auto done = co_await io::copy(source, sink, spliced);
        CHECK(done.error() == std::errc::broken_pipe);
        CHECK(done.side() == io::copy_side::sink);
        CHECK(text_of(done.rest()) == "for nobody");
    };

    run_body(body);
}

TEST_CASE("a copy that is destroyed as it waits closes its pipe") {
    auto in = make_pipe();
    auto out = make_pipe();
    const auto before = open_descriptors();
    auto body = [&]() -> io::task<> {
        const only_lends source{in.first};
        const only_lends sink{out.second};
        const auto copying = [&]() -> io::task<> {
            std::ignore = co_await io::copy(source, sink, spliced);
        };
        const auto open_of_ring = open_descriptors();
        {
            io::task_scope dying;
            dying.spawn(copying());
            co_await some_turns();
            CHECK(open_descriptors() == open_of_ring + 2);
        }
        CHECK(open_descriptors() == open_of_ring);
    };

    run_body(body);

    CHECK(open_descriptors() == before);
}

TEST_CASE("a relay of two connections passes on bytes and ends, and the kernel moves them") {
    const std::string question = pattern(100'000);
    const std::string reply = pattern(300'000);
    auto front = make_tcp_pair();
    auto back = make_tcp_pair();
    auto body = [&]() -> io::task<> {
        io::tcp_stream client(std::move(front.second));
        io::tcp_stream one(std::move(front.first));
        io::tcp_stream other(std::move(back.first));
        io::tcp_stream server(std::move(back.second));
        const auto ask = [&]() -> io::task<std::size_t> {
            const auto sent = co_await io::write_all(client, question);
            const auto ended = co_await client.shutdown(io::direction::send);
            CHECK(sent);
            CHECK(ended);
            const auto heard = co_await io::read_to_end(client, SIZE_MAX);
            co_return text_of(*heard) == reply ? 1 : 0;
        };
        const auto serve = [&]() -> io::task<std::size_t> {
            const auto heard = co_await io::read_to_end(server, SIZE_MAX);
            const auto sent = co_await io::write_all(server, reply);
            const auto ended = co_await server.shutdown(io::direction::send);
            CHECK(sent);
            CHECK(ended);
            co_return text_of(*heard) == question ? 1 : 0;
        };
        auto all = co_await io::when_all(ask(), serve(), io::relay(one, other, spliced));
        auto& [asked, served, relayed] = all;
        CHECK(asked == 1);
        CHECK(served == 1);
        REQUIRE(relayed);
        CHECK(*relayed.forward == question.size());
        CHECK(*relayed.backward == reply.size());
    };

    run_body(body);
}
