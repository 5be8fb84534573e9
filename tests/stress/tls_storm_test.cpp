#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "aio/transport/tls_listener.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/tls_engines.hpp"
#include "tests/aio/transport/tls_material.hpp"
#include "tests/aio/transport/tls_subjects.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/crowd.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using tls = io::tls_stream<io::tcp_stream>;

/// Bytes known by their place. The length is prime, so that what is lost does not meet its like.
class known_bytes {
  public:
    explicit known_bytes(std::mt19937_64& random) {
        for (auto& each : block_) each = static_cast<char>(random());
        block_ += block_;
    }
    std::string_view at(std::uint64_t place, std::size_t size) const {
        return std::string_view(block_).substr(place % length, size);
    }

    static constexpr std::size_t length = 100'003;

  private:
    std::string block_ = std::string(length, '\0');
};

struct tally {
    std::uint64_t whole = 0;
    std::uint64_t cut = 0;
    std::uint64_t nothing = 0;
};

struct storm {
    std::mt19937_64 random;
    known_bytes bytes{random};
    std::uint64_t total;
    tally sends;
    tally receives;
    std::uint64_t wrong = 0;

    io::duration gust() {
        const unsigned longest = random() % 2 == 0 ? 60 : 2000;
        return std::chrono::microseconds(random() % longest);
    }
};

io::task<> send_all(tls& to, storm& in) {
    std::uint64_t place = 0;
    while (place < in.total) {
        const auto size = std::min(in.random() % 60'000 + 1, in.total - place);
        const auto part = in.bytes.at(place, size);
        const auto sent = co_await io::within(in.gust(), to.send(part));
        place += sent.count();
        if (sent.error() && sent.error() != io::error::timed_out) break;
        ++(sent ? in.sends.whole : sent.count() != 0 ? in.sends.cut : in.sends.nothing);
        if (in.random() % 50 == 0) CHECK(to.update_keys());
    }
    for (;;) {
        const auto ended = co_await io::within(in.gust(), to.shutdown(io::direction::send));
        if (ended.error() != io::error::timed_out) break;
    }
    CHECK(place == in.total);
}

io::task<> receive_all(tls& from, storm& in, std::uint64_t& heard) {
    std::array<char, 40'000> room;
    for (;;) {
        const auto most = in.random() % room.size() + 1;
        const auto got =
            co_await io::within(in.gust(), from.receive(io::buffer_view(room.data(), most)));
        if (got.error() == io::error::timed_out) {
            ++in.receives.nothing;
            continue;
        }
        CHECK(got);
        if (!got || *got == 0) co_return;
        ++(*got == most ? in.receives.whole : in.receives.cut);
        if (std::string_view(room.data(), *got) != in.bytes.at(heard, *got)) ++in.wrong;
        heard += *got;
    }
}

io::task<std::pair<tls, tls>> connected() {
    auto pair = make_tcp_pair();
    io::tcp_stream here(std::move(pair.first)), there(std::move(pair.second));
    auto both = co_await io::when_all(
        io::tls_connect(std::move(there), client_context(), {.server_name = "server.test"}),
        io::tls_accept(std::move(here), server_context()));
    co_return std::pair(std::move(std::get<0>(both)).value(), std::move(std::get<1>(both)).value());
}

io::task<io::result<tls>> connect_tls(io::address where, const io::tls_context& rules) {
    auto below = co_await io::connect_tcp(where);
    if (!below) co_return below.error();
    co_return co_await io::tls_connect(*std::move(below), rules, {.server_name = "server.test"});
}

/// What a client of TLS says first, but for the end of it.
std::string most_of_a_hello() {
    auto engine = io::tls_engine::client(client_context(), "server.test").value();
    (void)engine.shake_hands();
    const std::string hello = output_of(engine);
    return hello.substr(0, hello.size() - 1);
}

}  // namespace

TEST_CASE("over TLS no byte is lost or doubled in a storm of deadlines on both directions") {
    storm in{.random = seeded("TLS in a storm"),
             .total = rounds(64'000'000),
             .sends = {},
             .receives = {}};
    std::uint64_t heard_left = 0, heard_right = 0;
    auto body = [&]() -> io::task<> {
        auto ends = co_await connected();
        auto& [left, right] = ends;
        (void)co_await io::when_all(send_all(left, in), send_all(right, in),
                                    receive_all(left, in, heard_left),
                                    receive_all(right, in, heard_right));
    };

    run_body(body);

    CHECK(in.wrong == 0);
    CHECK(heard_left == in.total);
    CHECK(heard_right == in.total);
    check_outcomes("sends", {{"whole", in.sends.whole},
                             {"ended by a deadline", in.sends.cut + in.sends.nothing}});
    check_outcomes("receives", {{"some", in.receives.whole + in.receives.cut},
                                {"nothing in time", in.receives.nothing}});
}

TEST_CASE_TEMPLATE("stress: many bytes over TLS arrive as they were sent", Below, subjects::tcp_v4,
                   subjects::unix_abstract, subjects::inproc) {
    auto random = seeded("TLS");
    const auto bulk = rounds(64) << 20;

    const auto report = io::testing::run_transport_suite<tls_subjects::tls_over<Below>>(
        {.bulk = bulk, .seed = random(), .patience = 600s});

    for (const auto& failure : report.failures) FAIL_CHECK(failure);
    CHECK(report.kept != 0);
}

TEST_CASE("a crowd that never says hello to a listener of TLS disturbs nobody, and is sent away") {
    const std::string hello = most_of_a_hello();
    const auto rules = client_context();
    const auto siege = [&](auto& all, auto count, auto seed) -> io::task<> {
        auto below = io::tcp_listener::open(io::address::loopback(0)).value();
        const auto where = below.local_address().value();
        auto door = io::tls_listener<io::tcp_listener>::open(
                        std::move(below), server_context(),
                        {.limit = 2s, .most_shaking = count / 4 + 1, .patience = 100ms})
                        .value();
        const auto dial = [where] { return io::connect_tcp(where); };
        const auto connect = [where, &rules] { return connect_tls(where, rules); };
        co_await crowds::besiege(all, std::move(door), dial, connect, count, seed, hello);
    };

    crowds::expect_order("TLS strangers", 4096, 256 * 96 * 1024, siege);
}
