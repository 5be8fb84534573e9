#include "aio/transport/happy_eyeballs.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/fake_names.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// Names that lead to loopback addresses, and a pool that ends before they do.
struct names {
    io::task<io::result<io::tcp_stream>> connect(io::duration delay = 250ms) {
        return io::connect_tcp(
            "host.example", "service",
            {.names = {.pool = &pool, .source = &source}, .attempt_delay = delay});
    }

    fake_names source;
    io::thread_pool pool;
};

/// A listener that answers no one: as many as it holds are waiting already.
class black_hole {
  public:
    explicit black_hole(const io::address& where = io::address::loopback(0))
        : door_(descriptor_of(where)) {
        must(::bind(door_.number(), where.data(), where.size()));
        must(::listen(door_.number(), 0));
        const auto there = address();
        for (bool full = false; !full;) {
            auto one = descriptor_of(there, SOCK_NONBLOCK);
            ::connect(one.number(), there.data(), there.size());
            pollfd connected{one.number(), POLLOUT, 0};
            full = ::poll(&connected, 1, 50) == 0;
            waiting_.push_back(std::move(one));
        }
    }

    io::address address() const { return address_of_socket(door_); }

  private:
    static io::descriptor descriptor_of(const io::address& where, int flags = 0) {
        return io::descriptor::adopt(
            ::socket(static_cast<int>(where.family()), SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    }

    io::descriptor door_;
    std::vector<io::descriptor> waiting_;
};

int option_of(io::descriptor_ref socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    must(::getsockopt(socket.number(), level, name, &value, &size));
    return value;
}

/// An address where nobody listens.
io::address nobody() {
    const auto door = io::tcp_listener::open(io::address::loopback(0));
    return *door->local_address();
}

}  // namespace

TEST_CASE("connect_tcp: a name leads to whoever listens at one of its addresses") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        const auto port = std::to_string(door.local_address()->port());

        auto both = co_await io::when_all(io::connect_tcp("localhost", port), door.accept());
        auto& [client, server] = both;
        REQUIRE(client);
        REQUIRE(server);
        const auto sent = co_await io::write_all(*client, "hello");
        std::array<char, 5> buffer;
        const auto got = co_await io::read_exactly(*server, buffer);

        CHECK(*client->peer_address() == *door.local_address());
        CHECK(sent);
        CHECK(got);
    };

    run_body(body);
}

TEST_CASE("connect_tcp: a refused address is passed over") {
    names all;
    auto body = [&]() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback_v6(0));
        all.source.answer = {nobody(), *door.local_address()};

        const auto peer = co_await all.connect(1h);

        REQUIRE(peer);
        CHECK(*peer->peer_address() == *door.local_address());
    };

    run_body(body);
}

TEST_CASE("connect_tcp: an address that does not answer costs a delay, and its socket is closed") {
    names all;
    const black_hole silent(io::address::loopback_v6(0));
    auto body = [&]() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        all.source.answer = {silent.address(), *door.local_address()};
        const auto open_before = open_descriptors();

        const auto peer = co_await all.connect(5ms);

        REQUIRE(peer);
        CHECK(*peer->peer_address() == *door.local_address());
        CHECK(open_descriptors() == open_before + 1);
    };

    run_body(body);
}

TEST_CASE("connect_tcp: families take turns, whatever order the resolver has") {
    names all;
    const black_hole silent, quiet;
    auto body = [&]() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback_v6(0));
        all.source.answer = {silent.address(), quiet.address(), *door.local_address()};
        // The second attempt begins by the delay, a third one would never do.
        io::happy_eyeballs_options options{.names = {.pool = &all.pool, .source = &all.source},
                                           .attempt_delay = 5ms};

        const auto peer = co_await io::within(10s, io::connect_tcp("a", "b", options));

        REQUIRE(peer);
        CHECK(*peer->peer_address() == *door.local_address());
    };

    run_body(body);
}

TEST_CASE("connect_tcp: of those that connect at the same time one stays") {
    names all;
    auto body = [&]() -> io::task<> {
        auto one = *io::tcp_listener::open(io::address::loopback_v6(0));
        auto other = *io::tcp_listener::open(io::address::loopback(0));
        all.source.answer = {*one.local_address(), *other.local_address()};
        const auto open_before = open_descriptors();
        for (int round = 0; round < 50; ++round) {
            const auto peer = co_await all.connect(0ms);
            REQUIRE(peer);
            CHECK(open_descriptors() == open_before + 1);
        }
    };

    run_body(body);

    CHECK(all.source.asked() == 50);
}

TEST_CASE("connect_tcp: what a connection is made with also holds for one by name") {
    names all;
    auto body = [&]() -> io::task<> {
        auto v6 = *io::tcp_listener::open(io::address::loopback_v6(0));
        auto v4 = *io::tcp_listener::open(io::address::loopback(0));
        all.source.answer = {*v6.local_address(), *v4.local_address()};
        const io::happy_eyeballs_options options{
            .names = {.pool = &all.pool, .source = &all.source},
            .attempts = {.from = io::address::loopback(0), .connection = {.no_delay = false}}};

        const auto peer = co_await io::connect_tcp("a", "b", options);
        all.source.answer = {*v6.local_address()};
        const auto of_other_family = co_await io::connect_tcp("a", "b", options);

        REQUIRE(peer);
        CHECK(*peer->peer_address() == *v4.local_address());
        CHECK(option_of(peer->socket(), IPPROTO_TCP, TCP_NODELAY) == 0);
        CHECK(of_other_family.error() == std::errc::address_family_not_supported);
    };

    run_body(body);
}

TEST_CASE("connect_tcp: addresses that are known are raced without a look-up") {
    auto body = []() -> io::task<> {
        auto door = *io::tcp_listener::open(io::address::loopback(0));
        const std::vector<io::address> to{nobody(), *door.local_address()};

        const auto peer = co_await io::connect_tcp(to);
        const auto none = co_await io::connect_tcp(std::vector<io::address>());

        REQUIRE(peer);
        CHECK(*peer->peer_address() == *door.local_address());
        CHECK(none.error() == std::errc::destination_address_required);
    };

    run_body(body);
}

TEST_CASE("connect_tcp: where nobody answers, the error is the one that tells most") {
    names all;
    auto body = [&]() -> io::task<> {
        all.source.answer = {io::address::v4({255, 255, 255, 255}, 1), nobody(), nobody()};
        const auto refused = co_await all.connect();
        all.source.answer = {*io::address::unix_path("/nowhere")};
        const auto no_tcp = co_await all.connect();
        all.source.returned = EAI_NONAME;
        const auto unknown = co_await all.connect();
        const auto service = co_await io::connect_tcp("127.0.0.1", "no-such-service");

        CHECK(refused.error() == std::errc::connection_refused);
        CHECK(no_tcp.error() == std::errc::address_family_not_supported);
        CHECK(unknown.error() == io::resolve_error::unknown_host);
        CHECK(service.error().category() == io::resolve_category());
    };

    run_body(body);
}

TEST_CASE("connect_tcp: a deadline ends the look-up, or the attempts, and nothing is left") {
    names all;
    const black_hole silent, quiet;
    all.source.answer = {silent.address(), quiet.address()};
    const auto open_before = open_descriptors();
    auto body = [&]() -> io::task<> {
        all.source.close();
        const auto looking = co_await io::within(5ms, all.connect());
        all.source.open();
        const auto trying = co_await io::within(50ms, all.connect(1ms));
        const auto race = co_await io::when_any(all.connect(1ms), io::nop{});

        CHECK(looking.error() == io::error::timed_out);
        CHECK(trying.error() == io::error::timed_out);
        CHECK(race.get<0>().error() == io::error::canceled);
    };

    run_body(body);

    CHECK(open_descriptors() == open_before);
}

TEST_CASE("connect_tcp: a task may be destroyed while it looks up or tries, and nothing is left") {
    names all;
    const black_hole silent, quiet;
    all.source.answer = {silent.address(), quiet.address()};
    auto body = [&]() -> io::task<> {
        const auto open_before = open_descriptors();
        for (const int wait : {0, 1, 3, 10, 20}) {
            io::task_scope destroyed;
            destroyed.spawn([&]() -> io::task<> { (void)co_await all.connect(2ms); });
            (void)co_await io::sleep_for(wait * 1ms);
        }
        CHECK(open_descriptors() == open_before);
    };

    run_body(body);
}
