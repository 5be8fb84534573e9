#include "aio/transport/acceptor.hpp"

#include <liburing.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "aio/op/nop.hpp"
#include "aio/stream.hpp"
#include "runtime/event.hpp"
#include "runtime/on.hpp"
#include "runtime/ring.hpp"
#include "runtime/scope.hpp"
#include "runtime/start_on.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"
#include "tests/aio/op/answer.hpp"
#include "tests/aio/transport/visitors.hpp"
#include "tests/dies_with.hpp"
#include "tests/loopback.hpp"
#include "tests/stress/races.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

// The calls of this thread's ring that find the process without a descriptor to spare.
thread_local int calls_without_descriptors = 0;

int enter_without_descriptors(unsigned ring, unsigned submit, unsigned complete, unsigned flags,
                              void* argument, std::size_t size) {
    const bool limited = calls_without_descriptors > 0 && calls_without_descriptors-- > 0;
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    if (limited) ::setrlimit(RLIMIT_NOFILE, &none);
    const int outcome =
        ::io_uring_enter2(ring, submit, complete, flags, static_cast<sigset_t*>(argument), size);
    if (limited) ::setrlimit(RLIMIT_NOFILE, &before);
    return outcome;
}

}  // namespace

TEST_CASE("serve_on: all peers are served, as many on each worker, and the end waits for them") {
    notes all;
    io::worker_group group(workers(3));
    auto client = [&](io::address where) -> io::task<> {
        std::vector<io::tcp_stream> clients;
        for (int i = 0; i < 30; ++i) clients.push_back(co_await greeted(where));
        CHECK(all.gone == 0);
    };
    auto body = [&]() -> io::task<std::error_code> {
        co_return co_await beside(group, {}, all, client);
    };

    const auto end = run_body(body);

    CHECK(end == std::error_code());
    CHECK(all.gone == 30);
    for (std::size_t i = 0; i < 3; ++i) CHECK(all.served_by(thread_of(group[i])) == 10);
}

TEST_CASE("serve_on: a worker that has other tasks gets fewer peers") {
    notes all;
    io::worker_group group(workers(2));
    auto waits = []() -> io::task<> {
        io::event never;
        (void)co_await never.wait();
    };
    for (int i = 0; i < 5; ++i) group.spawn_on(0, waits);
    auto client = [&](io::address where) -> io::task<> {
        std::vector<io::tcp_stream> clients;
        for (int i = 0; i < 7; ++i) clients.push_back(co_await greeted(where));
    };
    auto body = [&]() -> io::task<std::error_code> {
        co_return co_await beside(group, {}, all, client);
    };

    run_body(body);

    CHECK(all.served_by(thread_of(group[0])) == 1);
    CHECK(all.served_by(thread_of(group[1])) == 6);
}

TEST_CASE("serve_on: beyond the limit a peer waits until another one has gone") {
    notes all;
    io::worker_group group(workers(2));
    auto client = [&](io::address where) -> io::task<> {
        auto first = co_await greeted(where);
        auto second = co_await greeted(where);
        auto third = (co_await io::connect_tcp(where)).value();
        std::array<char, 2> text;
        const auto too_many = co_await io::within(20ms, third.receive(text));
        CHECK(too_many.error() == io::error::timed_out);
        first.close();
        const auto now = co_await io::within(10s, io::read_exactly(third, text));
        CHECK(now);
    };
    auto body = [&]() -> io::task<std::error_code> {
        co_return co_await beside(group, {.most_peers = 1}, all, client);
    };

    const auto end = run_body(body);

    CHECK(end == std::error_code());
    CHECK(all.gone == 3);
}

TEST_CASE("serve_on: when the group is stopped it ends with `stopped`, and peers see the end") {
    notes all;
    io::worker_group group(workers(2));
    // Closed by nobody: peers may see the end before serve_on hears of the stop.
    auto door = open_door();
    auto clients = [&]() -> io::task<> {
        auto one = co_await greeted(*door.local_address());
        auto other = co_await greeted(*door.local_address());
        std::thread([&] { group.stop(); }).join();
        const bool one_ended = co_await sees_the_end(one);
        const bool other_ended = co_await sees_the_end(other);
        CHECK(one_ended);
        CHECK(other_ended);
    };
    auto body = [&]() -> io::task<std::error_code> {
        const auto both =
            co_await io::when_all(io::serve_on(group, door, {}, greets, std::ref(all)), clients());
        co_return std::get<0>(both).error();
    };

    const auto end = run_body(body);

    CHECK(end == io::error::stopped);
    CHECK(all.gone == 2);
}

TEST_CASE("serve_on: a worker that was stopped alone gets no peers, and the others serve on") {
    notes all;
    io::worker_group group(workers(2));
    group[0].stop();
    auto client = [&](io::address where) -> io::task<> {
        // By the first return serve_on has asked, too; by the second it has been answered.
        for (int i = 0; i < 2; ++i)
            std::ignore = co_await io::on(group[0], []() -> io::task<> { co_return; }());
        std::vector<io::tcp_stream> clients;
        for (int i = 0; i < 4; ++i) clients.push_back(co_await greeted(where));
    };
    auto body = [&]() -> io::task<std::error_code> {
        co_return co_await beside(group, {}, all, client);
    };

    CHECK(run_body(body) == std::error_code());
    CHECK(all.served_by(thread_of(group[1])) == 4);
}

TEST_CASE(
    "serve_on: once the listener is closed its end is a success, though the group is stopped") {
    for (int round = 0; round < 20; ++round) {
        notes all;
        io::worker_group group(workers(2));
        auto body = [&]() -> io::task<> {
            auto door = open_door();
            auto visitors = [&]() -> io::task<> {
                auto client = co_await greeted(*door.local_address());
                door.close();
                std::ignore = co_await io::nop{};
                group.stop();
                const bool ended = co_await sees_the_end(client);
                CHECK(ended);
            };
            const auto both = co_await io::when_all(
                io::serve_on(group, door, {}, greets, std::ref(all)), visitors());
            CHECK(std::get<0>(both).error() == std::error_code());
        };

        run_body(body);
    }
}

TEST_CASE("serve_on: a cancel is its end, though a worker was stopped alone before") {
    notes all;
    io::worker_group group(workers(2));
    group[0].stop();
    auto body = [&]() -> io::task<> {
        auto door = open_door();
        auto comes = [&]() -> io::task<> {
            for (int i = 0; i < 2; ++i)
                std::ignore = co_await io::on(group[0], []() -> io::task<> { co_return; }());
            auto client = co_await greeted(*door.local_address());
        };
        const auto race =
            co_await io::when_any(io::serve_on(group, door, {}, greets, std::ref(all)), comes());
        CHECK(std::get<0>(race.results).error() == io::error::canceled);
    };

    run_body(body);
}

TEST_CASE("serve_on: of a group that was stopped before it ends at once, and leaves the listener") {
    notes all;
    io::worker_group group(workers(2));
    group.stop();
    auto body = [&]() -> io::task<> {
        auto door = open_door();
        const auto end = co_await io::serve_on(group, door, {}, greets, std::ref(all));
        CHECK(end.error() == io::error::stopped);
        CHECK(door.local_address());
    };

    run_body(body);
}

TEST_CASE("serve_on: a cancel ends the peers too, says so, and is over when they are") {
    io::worker_group group(workers(2));
    auto body = [&]() -> io::task<> {
        notes all;
        auto door = open_door();
        std::vector<io::tcp_stream> clients;
        auto come = [&]() -> io::task<> {
            for (int i = 0; i < 4; ++i) clients.push_back(co_await greeted(*door.local_address()));
        };
        auto race =
            co_await io::when_any(io::serve_on(group, door, {}, greets, std::ref(all)), come());
        CHECK(race.get<0>().error() == io::error::canceled);
        CHECK(all.gone == 4);
        for (auto& client : clients) {
            const bool ended = co_await sees_the_end(client);
            CHECK(ended);
        }
    };

    for (int round = 0; round < 20; ++round) run_body(body);
}

TEST_CASE("serve_on: what is thrown on a worker ends the other peers and is rethrown here") {
    notes all;
    io::worker_group group(workers(2));
    auto door = open_door();
    auto throws_at_first = [&](io::tcp_stream peer, std::string text) -> io::task<> {
        if (all.gone++ == 0) co_await greets(std::move(peer), all);
        throw std::runtime_error(text);
    };
    std::string what;
    auto body = [&]() -> io::task<> {
        auto come = [&]() -> io::task<> {
            auto one = co_await greeted(*door.local_address());
            auto other = (co_await io::connect_tcp(*door.local_address())).value();
            const bool ended = co_await sees_the_end(one);
            CHECK(ended);
            const bool too = co_await sees_the_end(other);
            CHECK(too);
        };
        auto serves = [&]() -> io::task<> {
            try {
                (void)co_await io::serve_on(group, door, {}, throws_at_first,
                                            std::string("thrown on a worker"));
            } catch (const std::runtime_error& thrown) {
                what = thrown.what();
            }
        };
        co_await io::when_all(serves(), come());
    };

    run_body(body);

    CHECK(what == "thrown on a worker");
}

TEST_CASE("serve_on: what serves may return a result, which is dropped, and run on one's own") {
    std::atomic<int> served{0};
    std::atomic<bool> ended{false};
    io::worker_group group(workers(2));
    auto fails = [&](io::tcp_stream peer) -> io::task<io::result<void>> {
        (void)co_await io::write_all(peer, "hi");
        ++served;
        co_return std::make_error_code(std::errc::protocol_error);
    };
    // The listener is one of the workers' own: opened there, and used there only.
    std::atomic<std::uint16_t> port{0};
    auto accepts = [&]() -> io::task<> {
        auto door = open_door();
        port = door.local_address()->port();
        port.notify_one();
        (void)co_await io::serve_on(group, door, {}, fails);
        ended = true;
    };
    group.spawn_on(0, accepts);
    port.wait(0);
    auto body = [&]() -> io::task<> {
        for (int i = 0; i < 4; ++i) {
            auto client = co_await greeted(io::address::loopback(port));
            const bool end = co_await sees_the_end(client);
            CHECK(end);
        }
        group.stop();
        const auto drained = co_await group.drain(10s);
        CHECK(drained);
    };

    run_body(body);

    CHECK(served == 4);
    CHECK(ended);
}

TEST_CASE("serve_on: without a descriptor to spare it waits, and goes on") {
    notes all;
    io::worker_group group(workers(2));
    auto client = [&](io::address where) -> io::task<> {
        calls_without_descriptors = 4;
        io::tcp_stream made(client_of(where));
        std::array<char, 2> text;
        const auto got = co_await io::within(10s, io::read_exactly(made, text));
        CHECK(got);
        CHECK(calls_without_descriptors == 0);
    };
    auto body = [&]() -> io::task<std::error_code> {
        co_return co_await beside(group, {}, all, client);
    };
    io::ring::replace_enter(&enter_without_descriptors);

    const auto end = run_body(body);
    io::ring::replace_enter(nullptr);

    CHECK(end == std::error_code());
}

TEST_CASE("serve_on: destroyed while it serves, it ends its peers first and leaves nothing open") {
    notes all;
    io::worker_group group(workers(2));
    const auto before = open_descriptors();
    auto body = [&]() -> io::task<> {
        auto door = open_door();
        std::vector<io::tcp_stream> clients;
        {
            io::task_scope scope;
            scope.spawn(io::serve_on(group, door, {}, greets, std::ref(all)));
            for (int i = 0; i < 6; ++i) clients.push_back(co_await greeted(*door.local_address()));
            // Not joined.
        }
        for (auto& client : clients) {
            const bool ended = co_await sees_the_end(client);
            CHECK(ended);
        }
    };

    run_body(body);

    CHECK(all.served_by(thread_of(group[0])) + all.served_by(thread_of(group[1])) == 6);
    CHECK(open_descriptors() == before);
}

TEST_CASE("serve_on: of no peers is a mistake with a name") {
    // Made here: a child may not start threads under every sanitizer.
    io::worker_group group(workers(1));
    auto door = open_door();
    auto body = [&] {
        auto serves = [&]() -> io::task<> {
            auto nobody = [](io::tcp_stream) -> io::task<> { co_return; };
            (void)co_await io::serve_on(group, door, {.most_peers = 0}, nobody);
        };
        run_body(serves);
    };

    CHECK(dies_with("serve_on: of no peers", body));
}
