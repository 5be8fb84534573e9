#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/stream/copy.hpp"
#include "aio/stream/relay.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

constexpr std::uint64_t mebibyte = 1U << 20;

/// FNV-1a: tells bytes that are lost, doubled or swapped.
class hash {
  public:
    void add(std::span<const std::byte> bytes) {
        for (const std::byte each : bytes)
            value_ = (value_ ^ std::to_integer<std::uint64_t>(each)) * 0x100000001b3;
        size_ += bytes.size();
    }

    std::uint64_t size() const { return size_; }
    friend bool operator==(const hash&, const hash&) = default;

  private:
    std::uint64_t value_ = 0xcbf29ce484222325;
    std::uint64_t size_ = 0;
};

/// Sends so many random bytes in pieces of random sizes, and then its end.
io::task<hash> send_random(io::tcp_stream& to, std::uint64_t total, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint64_t> block(32 * 1024);
    hash sent;
    while (sent.size() < total) {
        std::generate(block.begin(), block.end(), std::ref(random));
        const auto bytes = std::as_bytes(std::span(block));
        const auto most = std::min<std::uint64_t>(total - sent.size(), bytes.size());
        const auto piece = bytes.first(static_cast<std::size_t>(random() % most + 1));
        const auto outcome = co_await io::write_all(to, piece);
        CHECK(outcome);
        if (!outcome) break;
        sent.add(piece);
    }
    const auto told = co_await io::end_sending(to);
    CHECK(told);
    co_return sent;
}

io::task<hash> receive_all(io::tcp_stream& from) {
    std::vector<std::byte> buffer(100'000);
    hash received;
    for (;;) {
        const auto got = co_await from.receive(buffer);
        CHECK(got);
        if (!got || *got == 0) co_return received;
        received.add(std::span(buffer).first(*got));
    }
}

void relay_intact(const char* name, two_ends front, two_ends back, io::copy_options options) {
    CAPTURE(std::string(name));
    auto seeds = seeded(name);
    const std::uint64_t total = std::max(mebibyte, rounds(64 * mebibyte));
    auto body = [&]() -> io::task<> {
        io::tcp_stream client(std::move(front.first));
        io::tcp_stream one(std::move(front.second));
        io::tcp_stream other(std::move(back.first));
        io::tcp_stream server(std::move(back.second));
        auto all = co_await io::when_all(send_random(client, total, seeds()), receive_all(client),
                                         send_random(server, total, seeds()), receive_all(server),
                                         io::relay(one, other, options));
        auto& [asked, heard_back, answered, heard, relayed] = all;
        CHECK(relayed);
        CHECK(relayed.forward.count() == total);
        CHECK(relayed.backward.count() == total);
        CHECK(asked == heard);
        CHECK(answered == heard_back);
    };
    auto running = body();
    io::run(std::move(running));
}

/// How the copies ended that were cut off again and again.
struct endings {
    std::uint64_t on_source = 0;
    std::uint64_t on_sink = 0;
    std::uint64_t with_rest = 0;
};

/// Copies with one short deadline after the other. What each leaves goes out before the next.
io::task<endings> copy_in_pieces(io::tcp_stream& from, io::tcp_stream& to, io::copy_options options,
                                 std::uint64_t seed) {
    std::mt19937_64 random(seed);
    endings seen;
    for (;;) {
        const auto patience = std::chrono::microseconds(random() % 300);
        const auto step = co_await io::within(patience, io::copy(from, to, options));
        seen.on_source += !step && step.side() == io::copy_side::source;
        seen.on_sink += !step && step.side() == io::copy_side::sink;
        seen.with_rest += !step.rest().empty();
        const auto rest = co_await io::write_all(to, step.rest());
        CHECK(rest);
        if (step) break;
        CHECK(step.error() == io::error::timed_out);
        if (step.error() != io::error::timed_out || !rest) break;
    }
    const auto told = co_await io::end_sending(to);
    CHECK(told);
    co_return seen;
}

void copy_intact(const char* name, io::copy_options options) {
    CAPTURE(std::string(name));
    auto seeds = seeded(name);
    const std::uint64_t total = std::max(mebibyte, rounds(64 * mebibyte));
    auto front = make_socket_pair();
    auto back = make_socket_pair();
    auto body = [&]() -> io::task<> {
        io::tcp_stream source(std::move(front.first));
        io::tcp_stream from(std::move(front.second));
        io::tcp_stream to(std::move(back.first));
        io::tcp_stream sink(std::move(back.second));
        auto all = co_await io::when_all(send_random(source, total, seeds()), receive_all(sink),
                                         copy_in_pieces(from, to, options, seeds()));
        auto& [sent, received, seen] = all;
        CHECK(sent == received);
        CHECK(sent.size() == total);
        std::cout << name << ": given up on the source " << seen.on_source << ", on the sink "
                  << seen.on_sink << ", with a rest " << seen.with_rest << std::endl;
        CHECK(seen.on_source + seen.on_sink > 0);
    };
    auto running = body();
    io::run(std::move(running));
}

}  // namespace

TEST_CASE("64 MiB go through a relay each way and arrive as they were, copied or spliced") {
    for (const bool splice : {true, false}) {
        const io::copy_options options{.splice = splice};
        relay_intact(splice ? "tcp, spliced" : "tcp, copied", make_tcp_pair(), make_tcp_pair(),
                     options);
        relay_intact(splice ? "unix, spliced" : "unix, copied", make_socket_pair(),
                     make_socket_pair(), options);
    }
    relay_intact("small pieces", make_socket_pair(), make_tcp_pair(),
                 {.size = 1000, .splice = true});
}

TEST_CASE("a copy that is cut off again and again moves every byte once, copied or spliced") {
    copy_intact("cut off, spliced", {.splice = true});
    copy_intact("cut off, copied", {.splice = false});
}
