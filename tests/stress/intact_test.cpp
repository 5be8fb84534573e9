#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/address.hpp"
#include "aio/op/direct.hpp"
#include "aio/op/message.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t gibibyte = 1U << 30;

/// The bytes of a stream, known by their place in it. The length of the block is prime, so that
/// what is lost, doubled or swapped does not meet its like.
class known_stream {
  public:
    explicit known_stream(std::uint64_t seed) {
        std::mt19937_64 random(seed);
        // Twice the block, so that a piece of it is always in one part.
        for (std::size_t i = 0; i < length; ++i) block_[i] = static_cast<std::byte>(random());
        std::copy_n(block_.begin(), length, block_.begin() + length);
    }

    /// Requires: at most a block.
    std::span<const std::byte> at(std::uint64_t place, std::size_t size) const {
        return std::span(block_).subspan(place % length, size);
    }

    static constexpr std::size_t length = 1'048'573;

  private:
    std::vector<std::byte> block_ = std::vector<std::byte>(2 * length);
};

/// Compares what arrives with what was sent.
class listener_to {
  public:
    explicit listener_to(const known_stream& what) : what_(what) {}

    void take(std::span<const std::byte> bytes) {
        const auto expected = what_.at(heard_, bytes.size());
        if (std::memcmp(bytes.data(), expected.data(), bytes.size()) != 0) ++wrong_;
        heard_ += bytes.size();
    }

    std::uint64_t heard() const { return heard_; }
    std::uint64_t wrong() const { return wrong_; }

  private:
    const known_stream& what_;
    std::uint64_t heard_ = 0;
    std::uint64_t wrong_ = 0;
};

/// Sends the stream in pieces of random sizes, from a thread of its own.
void send_all(int to, const known_stream& what, std::uint64_t total, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::uint64_t place = 0; place < total;) {
        const std::uint64_t large = random() % 8 == 0 ? 200'000 : 3000;
        const auto size = static_cast<std::size_t>(std::min(random() % large + 1, total - place));
        const auto bytes = what.at(place, size);
        const auto sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        place += static_cast<std::uint64_t>(sent);
    }
    ::shutdown(to, SHUT_WR);
}

/// Holds a few buffers for a while, so that the pool runs out.
class hoarder {
  public:
    explicit hoarder(std::uint64_t seed) : random_(seed) {}

    void keep(io::pooled_buffer buffer) {
        held_.push_back(std::move(buffer));
        const std::size_t most = random_() % 8;
        while (held_.size() > most) held_.pop_front();
    }
    void drop_all() { held_.clear(); }

  private:
    std::mt19937_64 random_;
    std::deque<io::pooled_buffer> held_;
};

struct path {
    const char* name;
    io::buffer_pool_options pool;
    bool direct = false;
    bool multishot = true;
};

io::task<> receive_multishot(io::descriptor_ref from, io::buffer_pool& pool, listener_to& ear,
                             std::uint64_t seed) {
    hoarder some(seed);
    io::multishot arriving(io::receive_pooled{.socket = from, .pool = pool}, {.queued = 8});
    for (;;) {
        auto part = co_await arriving.next();
        if (!part) {
            CHECK(part.error() == io::error::end_of_stream);
            break;
        }
        ear.take(std::span(part->data(), part->size()));
        some.keep(*std::move(part));
    }
}

io::task<> receive_one_by_one(io::descriptor_ref from, io::buffer_pool& pool, listener_to& ear,
                              std::uint64_t seed) {
    hoarder some(seed);
    for (;;) {
        auto part = co_await io::receive_pooled{.socket = from, .pool = pool};
        if (part.error() == std::errc::no_buffer_space) {
            some.drop_all();
            continue;
        }
        CHECK(part);
        if (!part || part->empty()) break;
        ear.take(std::span(part->data(), part->size()));
        some.keep(*std::move(part));
    }
}

io::task<> receive_by(const path& way, const io::descriptor& from, listener_to& ear,
                      std::uint64_t seed) {
    io::buffer_pool pool(way.pool);
    io::direct_table table(2);
    const auto direct = co_await io::make_direct{.file = from, .into = table};
    const io::descriptor_ref socket = way.direct ? *direct : from;
    if (way.multishot)
        co_await receive_multishot(socket, pool, ear, seed);
    else
        co_await receive_one_by_one(socket, pool, ear, seed);
    CHECK(pool.complete());
}

io::task<> receive_plainly(const io::descriptor& from, listener_to& ear, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> one(70'000), other(5000);
    for (;;) {
        std::size_t count = 0;
        const std::span first(one.data(), random() % one.size() + 1);
        if (random() % 2 == 0) {
            const auto got = co_await io::receive{.socket = from, .buffer = first};
            count = got ? *got : 0;
            if (count > 0) ear.take(first.first(count));
        } else {
            const std::array<io::buffer_view, 2> views{first, other};
            const auto got = co_await io::receive_message{.socket = from, .buffers = views};
            count = got ? got->count : 0;
            const std::size_t in_first = std::min(count, first.size());
            if (count > 0) ear.take(first.first(in_first));
            if (count > in_first) ear.take(std::span(other).first(count - in_first));
        }
        if (count == 0) co_return;
    }
}

template <class Receive>
void check_intact(const char* name, Receive receive) {
    auto seeds = seeded(name);
    const known_stream stream(seeds());
    const std::uint64_t total = rounds(gibibyte);
    auto ends = make_tcp_pair();
    listener_to ear(stream);
    std::thread sender(send_all, ends.second.number(), std::cref(stream), total, seeds());

    io::run(receive(ends.first, ear, seeds()));
    sender.join();

    CAPTURE(std::string(name));
    CHECK(ear.heard() == total);
    CHECK(ear.wrong() == 0);
}

}  // namespace

TEST_CASE("a gibibyte arrives intact through every way to receive, with buffers running out") {
    const path ways[] = {
        {"multishot", {.buffers = 8, .size = 4096}},
        {"multishot, direct", {.buffers = 64, .size = 16384}, true},
        {"multishot, incremental", {.buffers = 8, .size = 65536, .incremental = true}},
        {"multishot, incremental, small", {.buffers = 8, .size = 3000, .incremental = true}},
        {"one by one", {.buffers = 4, .size = 16384}, false, false},
        {"one by one, incremental",
         {.buffers = 4, .size = 65536, .incremental = true},
         true,
         false},
    };
    for (const path& way : ways) {
        check_intact(way.name,
                     [&](const io::descriptor& from, listener_to& ear, std::uint64_t seed) {
                         return receive_by(way, from, ear, seed);
                     });
    }
    check_intact("plain buffers", receive_plainly);
}
