#include "aio/transport/connect_race.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/testing/manual_home.hpp"
#include "aio/testing/running.hpp"
#include "runtime/shield.hpp"
#include "runtime/sleep.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;
using namespace lariat::testing;

namespace {

io::address v4(int number) {
    return io::address::v4({192, 0, 2, static_cast<std::uint8_t>(number)}, 80);
}
io::address v6(int number) {
    return io::address::v6({0x20, 1, 0xd, 0xb8, static_cast<std::uint8_t>(number)}, 80);
}

/// A connection, counted while it lives.
class counted_connection {
  public:
    counted_connection(int to, int& alive) : to_(to), alive_(&alive) { ++alive; }
    counted_connection(counted_connection&& other) noexcept
        : to_(other.to_), alive_(std::exchange(other.alive_, nullptr)) {}
    counted_connection& operator=(counted_connection&&) = delete;
    ~counted_connection() {
        if (alive_) --*alive_;
    }

    int to() const noexcept { return to_; }

  private:
    int to_;
    int* alive_;
};

/// What becomes of an attempt, and when.
struct fate {
    io::duration after = io::forever;
    std::error_code why{};  ///< Empty: it succeeds.
    /// How long it takes to give up.
    io::duration farewell{};
    bool throws = false;
};

/// A network whose hosts are numbers, by their ports.
struct fake_network {
    explicit fake_network(std::vector<fate> of_hosts) : hosts(std::move(of_hosts)) {
        for (std::size_t i = 0; i < hosts.size(); ++i)
            all.push_back(io::address::loopback(static_cast<std::uint16_t>(i)));
    }

    io::task<io::result<counted_connection>> connect(const io::address& where) {
        const int number = where.port();
        begun.push_back({number, io::home::current().now() - start});
        ++inside;
        const struct leave {
            int& inside;
            ~leave() { --inside; }
        } at_end{inside};
        const fate own = hosts[where.port()];
        const auto waited = co_await io::sleep_for(own.after);
        if (!waited) {
            (void)co_await io::shield(io::sleep_for(own.farewell));
            co_return waited.error();
        }
        if (own.throws) throw std::runtime_error("no connection");
        if (own.why) co_return own.why;
        co_return counted_connection(number, alive);
    }

    auto race(io::duration delay = 250ms) {
        return io::race_to_connect(all, delay,
                                   [this](const io::address& where) { return connect(where); });
    }

    struct beginning {
        int host;
        io::duration when;
        friend bool operator==(const beginning&, const beginning&) = default;
    };

    manual_home at;
    const io::time_point start = at.now();
    std::vector<fate> hosts;
    std::vector<io::address> all;
    std::vector<beginning> begun;
    int alive = 0;
    int inside = 0;
};

using race_task = running<io::result<counted_connection>>;
using beginnings = std::vector<fake_network::beginning>;

std::error_code errc(std::errc why) { return std::make_error_code(why); }

}  // namespace

TEST_CASE("interleave_families: after the first ones the families take turns, in their order") {
    const std::vector<io::address> sorted{v6(1), v6(2), v4(1), v6(3), v4(2), v6(4), v6(5)};

    CHECK(io::interleave_families(sorted) ==
          std::vector{v6(1), v4(1), v6(2), v4(2), v6(3), v6(4), v6(5)});
    CHECK(io::interleave_families(sorted, 2) ==
          std::vector{v6(1), v6(2), v4(1), v6(3), v4(2), v6(4), v6(5)});
    CHECK(io::interleave_families(sorted, 9) ==
          std::vector{v6(1), v6(2), v6(3), v6(4), v6(5), v4(1), v4(2)});
    CHECK(io::interleave_families({v4(1), v4(2), v6(1)}) == std::vector{v4(1), v6(1), v4(2)});
    CHECK(io::interleave_families({v4(1), v4(2)}) == std::vector{v4(1), v4(2)});
    CHECK(io::interleave_families({v4(1), v4(2)}, 0) == std::vector{v4(1), v4(2)});
    CHECK(io::interleave_families({}).empty());
}

TEST_CASE("race_to_connect: an answer before the delay is over leaves the others alone") {
    fake_network net({{249ms}, {0ms}});

    race_task race(net.at, net.race());
    net.at.advance(249ms);

    CHECK(race.take()->to() == 0);
    CHECK(net.begun == beginnings{{0, 0ms}});
    CHECK(net.alive == 0);
}

TEST_CASE("race_to_connect: while nobody answers an attempt begins after each delay") {
    fake_network net({{}, {}, {}, {}});

    race_task race(net.at, net.race());
    net.at.advance(10s);

    CHECK_FALSE(race.done());
    CHECK(net.begun == beginnings{{0, 0ms}, {1, 250ms}, {2, 500ms}, {3, 750ms}});
    CHECK(net.inside == 4);
}

TEST_CASE("race_to_connect: when the last attempt has failed, the next one begins at once") {
    const auto refused = errc(std::errc::connection_refused);
    fake_network net({{10ms, refused}, {0ms, refused}, {}, {}});

    race_task race(net.at, net.race());
    net.at.advance(1s);

    CHECK(net.begun == beginnings{{0, 0ms}, {1, 10ms}, {2, 10ms}, {3, 260ms}});
}

TEST_CASE("race_to_connect: the failure of an earlier attempt hurries nobody") {
    fake_network net({{300ms, errc(std::errc::connection_refused)}, {}, {}});

    race_task race(net.at, net.race());
    net.at.advance(1s);

    CHECK(net.begun == beginnings{{0, 0ms}, {1, 250ms}, {2, 500ms}});
}

TEST_CASE("race_to_connect: the first that answers wins, whichever began first") {
    fake_network net({{1s}, {100ms}, {1s}});

    race_task race(net.at, net.race());
    net.at.advance(350ms);

    REQUIRE(race.done());
    CHECK(race.take()->to() == 1);
    CHECK(net.begun == beginnings{{0, 0ms}, {1, 250ms}});
    CHECK(net.inside == 0);
}

TEST_CASE("race_to_connect: the result comes when the losers have ended") {
    fake_network net({{.farewell = 100ms}, {50ms}, {}});

    race_task race(net.at, net.race());
    net.at.advance(399ms);
    CHECK_FALSE(race.done());
    CHECK(net.alive == 1);
    CHECK(net.inside == 1);
    net.at.advance(1ms);

    CHECK(race.take()->to() == 1);
    CHECK(net.begun.size() == 2);
}

TEST_CASE("race_to_connect: what is connected beside the winner is closed") {
    fake_network net({{500ms}, {250ms}, {0ms}});

    race_task race(net.at, net.race());
    net.at.advance(500ms);

    REQUIRE(race.done());
    const auto winner = race.take();
    CHECK(winner);
    CHECK(net.alive == 1);
    CHECK(net.inside == 0);
}

TEST_CASE("race_to_connect: when all fail it tells the error that says most") {
    const auto error_of = [](std::vector<fate> hosts) {
        fake_network net(std::move(hosts));
        race_task race(net.at, net.race());
        net.at.advance(10s);
        return race.take().error();
    };
    const auto refused = errc(std::errc::connection_refused);
    const auto unreachable = errc(std::errc::host_unreachable);
    const auto no_route = errc(std::errc::network_unreachable);
    const auto no_family = errc(std::errc::address_family_not_supported);

    CHECK(error_of({{0ms, refused}}) == refused);
    CHECK(error_of({{0ms, no_route}, {1ms, refused}}) == refused);
    CHECK(error_of({{0ms, no_route}, {0ms, no_family}, {1ms, refused}, {2ms, unreachable}}) ==
          refused);
    CHECK(error_of({{2s, unreachable}, {1s, refused}}) == refused);
    CHECK(error_of({{0ms, no_family}, {0ms, no_route}}) == no_family);
    CHECK(error_of({}) == std::errc::destination_address_required);
}

TEST_CASE("race_to_connect: a cancel ends all attempts, and no other begins") {
    fake_network net({{0ms, errc(std::errc::connection_refused)}, {}, {}, {}, {}});
    race_task race(net.at, net.race());
    net.at.advance(300ms);
    CHECK(net.inside == 2);

    race.cancel();
    net.at.run_until_idle();

    REQUIRE(race.done());
    CHECK(race.take().error() == io::error::canceled);
    CHECK(net.inside == 0);
    CHECK(net.begun.size() == 3);
}

TEST_CASE("race_to_connect: a cancel after all have begun ends them, too") {
    fake_network net({{}, {}});
    race_task race(net.at, net.race());
    net.at.advance(1s);

    net.at.stop();
    net.at.run_until_idle();

    CHECK(race.take().error() == io::error::stopped);
    CHECK(net.inside == 0);
}

TEST_CASE("race_to_connect: a success beats a cancel that comes while the losers end") {
    fake_network net({{.farewell = 100ms}, {0ms}});
    race_task race(net.at, net.race());
    net.at.advance(260ms);
    CHECK_FALSE(race.done());

    race.cancel();
    net.at.advance(100ms);

    CHECK(race.take()->to() == 1);
}

TEST_CASE("race_to_connect: a deadline ends it") {
    fake_network net({{}, {}});
    auto limited = [&]() -> io::task<io::result<counted_connection>> {
        co_return co_await io::within(300ms, net.race());
    };

    race_task race(net.at, limited());
    net.at.advance(300ms);

    CHECK(race.take().error() == io::error::timed_out);
    CHECK(net.inside == 0);
}

TEST_CASE("race_to_connect: it may be destroyed at every point, and leaves nothing") {
    const auto refused = errc(std::errc::connection_refused);
    const std::vector<fate> hosts{
        {20ms, refused}, {.farewell = 30ms}, {30ms, refused}, {100ms}, {100ms}, {}};
    bool ended = false;
    int points = 0;
    for (int turns = 0; !ended; ++turns) {
        fake_network net(hosts);
        auto race = std::make_unique<race_task>(net.at, net.race(50ms));
        for (int i = 0; i < turns && !race->done(); ++i) {
            if (net.at.idle())
                net.at.advance(10ms);
            else
                net.at.run_turn();
        }
        ended = race->done();
        points += !ended;
        race.reset();

        CAPTURE(turns);
        CHECK(net.inside == 0);
        CHECK(net.alive == 0);
    }
    CHECK(points > 10);
}

TEST_CASE("race_to_connect: an exception of an attempt cancels the others, and is rethrown") {
    fake_network net({{}, {10ms, {}, {}, true}, {}});

    race_task race(net.at, net.race());
    net.at.advance(1s);

    REQUIRE(race.done());
    CHECK_THROWS_AS((void)race.take(), std::runtime_error);
    CHECK(net.inside == 0);
}

TEST_CASE("race_to_connect: without a delay all begin at once") {
    fake_network together({{}, {}, {}});

    race_task all(together.at, together.race(0ms));
    together.at.run_until_idle();
    CHECK(together.inside == 3);
    all.cancel();
    together.at.run_until_idle();
    CHECK(all.take().error() == io::error::canceled);
}

TEST_CASE("race_to_connect: with an endless delay one is tried after the other has failed") {
    const auto refused = errc(std::errc::connection_refused);
    fake_network net({{1h, refused}, {1h, refused}, {1s}});

    race_task race(net.at, net.race(io::forever));
    net.at.advance(2h + 1s);

    CHECK(race.take()->to() == 2);
    CHECK(net.begun == beginnings{{0, 0ms}, {1, 1h}, {2, 2h}});
}
