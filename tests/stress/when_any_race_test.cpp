#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <ostream>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/op/socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/yield.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/stress/races.hpp"
#include "tests/stress/rounds.hpp"

namespace io = lariat;

namespace {

/// One end of a connection on which numbered bytes arrive.
struct feed {
    two_ends ends = make_socket_pair();
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    bool in_order = true;

    void send_one() {
        const auto byte = static_cast<unsigned char>(sent++);
        if (::write(ends.second.number(), &byte, 1) != 1) std::abort();
    }

    void take(const io::result<std::size_t>& got, const unsigned char* bytes) {
        for (std::size_t at = 0; got && at < *got; ++at)
            in_order = in_order && bytes[at] == static_cast<unsigned char>(received++);
    }

    /// What lies in the socket is taken without the ring.
    void drain() {
        unsigned char bytes[256];
        for (;;) {
            const auto got = ::recv(ends.first.number(), bytes, sizeof bytes, MSG_DONTWAIT);
            if (got <= 0) return;
            take(static_cast<std::size_t>(got), bytes);
        }
    }
};

struct tally {
    std::uint64_t first_alone = 0;
    std::uint64_t second_alone = 0;
    std::uint64_t both = 0;
    std::uint64_t neither = 0;
};

template <class Result>
void count(tally& outcomes, const Result& any) {
    const bool first = std::get<0>(any.results).has_value();
    const bool second = std::get<1>(any.results).has_value();
    outcomes.first_alone += first && !second;
    outcomes.second_alone += second && !first;
    outcomes.both += first && second;
    outcomes.neither += !first && !second;
}

void check_tally(const char* name, const tally& outcomes) {
    CHECK(outcomes.neither == 0);
    check_outcomes(name, {{"first alone", outcomes.first_alone},
                          {"second alone", outcomes.second_alone},
                          {"both", outcomes.both}});
}

enum class arrival : std::uint64_t { before, during_first, during_second, during_both };

/// What both members wait for comes in a random order, before the race begins or while it runs.
template <class First, class Second>
io::task<> arrive(arrival how, First first, Second second) {
    (void)co_await io::nop{};
    if (how == arrival::during_first) {
        first();
        (void)co_await io::nop{};
        second();
    } else if (how == arrival::during_second) {
        second();
        (void)co_await io::nop{};
        first();
    } else if (how == arrival::during_both) {
        first();
        second();
    }
}

io::task<> race_receives(feed& one, feed& other, tally& outcomes, arrival how) {
    std::array<unsigned char, 2> first{}, second{};
    if (how == arrival::before) {
        one.send_one();
        other.send_one();
    }
    auto race = [&]() -> io::task<> {
        const auto any =
            co_await io::when_any(io::receive{.socket = one.ends.first, .buffer = first},
                                  io::receive{.socket = other.ends.first, .buffer = second});
        one.take(std::get<0>(any.results), first.data());
        other.take(std::get<1>(any.results), second.data());
        count(outcomes, any);
    };
    auto send_one = [](feed& to) { return [&to] { to.send_one(); }; };
    co_await io::when_all(race(), arrive(how, send_one(one), send_one(other)));
    one.drain();
    other.drain();
}

/// A listener whose peers connect without waiting.
struct door {
    io::descriptor socket = io::descriptor::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage where{};
    socklen_t size = sizeof(sa_family_t);
    std::uint64_t connected = 0;
    std::uint64_t accepted = 0;

    door() {
        where.ss_family = AF_UNIX;
        auto* const name = reinterpret_cast<sockaddr*>(&where);
        bool fine = ::bind(socket.number(), name, size) == 0;  // The kernel chooses a name.
        size = sizeof where;
        fine = fine && ::getsockname(socket.number(), name, &size) == 0;
        fine = fine && ::listen(socket.number(), 128) == 0;
        if (!fine) std::abort();
    }

    void connect_one() {
        const int peer = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(peer, reinterpret_cast<sockaddr*>(&where), size) != 0) std::abort();
        ::close(peer);
        ++connected;
    }
};

io::task<> race_accepts(door& one, door& other, tally& outcomes, arrival how) {
    if (how == arrival::before) {
        one.connect_one();
        other.connect_one();
    }
    auto race = [&]() -> io::task<> {
        const auto any = co_await io::when_any(io::accept{.socket = one.socket},
                                               io::accept{.socket = other.socket});
        one.accepted += std::get<0>(any.results).has_value();
        other.accepted += std::get<1>(any.results).has_value();
        count(outcomes, any);
    };
    auto connect_one = [](door& to) { return [&to] { to.connect_one(); }; };
    co_await io::when_all(race(), arrive(how, connect_one(one), connect_one(other)));
}

}  // namespace

TEST_CASE("a race of two receives with data on both loses no byte") {
    constexpr const char* name = "when_any of two receives";
    auto random = seeded(name);
    feed one, other;
    tally outcomes;
    auto body = [&]() -> io::task<> {
        for (auto left = rounds(100'000); left > 0; --left)
            co_await race_receives(one, other, outcomes, static_cast<arrival>(random() % 4));
    };

    io::run(body());

    CHECK(one.in_order);
    CHECK(other.in_order);
    CHECK(one.received == one.sent);
    CHECK(other.received == other.sent);
    check_tally(name, outcomes);
}

TEST_CASE("a race of two accepts with peers on both loses no descriptor") {
    constexpr const char* name = "when_any of two accepts";
    auto random = seeded(name);
    const auto open_before = open_descriptors();
    {
        door one, other;
        tally outcomes;
        auto body = [&]() -> io::task<> {
            for (auto left = rounds(100'000); left > 0; --left) {
                co_await race_accepts(one, other, outcomes, static_cast<arrival>(random() % 4));
                for (door* each : {&one, &other}) {
                    if (each->accepted == each->connected) continue;
                    const auto late = co_await io::accept{.socket = each->socket};
                    each->accepted += late.has_value();
                }
            }
        };
        io::run(body());
        CHECK(one.accepted == one.connected);
        CHECK(other.accepted == other.connected);
        check_tally(name, outcomes);
    }

    CHECK(open_descriptors() == open_before);
}
