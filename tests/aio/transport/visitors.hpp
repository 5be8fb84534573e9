#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "aio/stream.hpp"
#include "aio/transport/acceptor.hpp"
#include "runtime/start_on.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"

// Peers that come to `serve_on`, and what serves them.

namespace io = lariat;
using namespace std::chrono_literals;

inline io::worker_options workers(std::size_t count) {
    io::worker_options options;
    options.workers = count;
    return options;
}

/// What the workers tell of the peers that they have served.
struct notes {
    std::mutex lock;
    std::map<std::thread::id, int> served;
    std::atomic<int> gone{0};

    int served_by(std::thread::id worker) {
        const std::lock_guard held(lock);
        return served[worker];
    }
};

/// Greets a peer and stays until that goes, or it is told to.
inline io::task<> greets(io::tcp_stream peer, notes& all) {
    {
        const std::lock_guard held(all.lock);
        ++all.served[std::this_thread::get_id()];
    }
    (void)co_await io::write_all(peer, "hi");
    std::array<char, 1> byte;
    (void)co_await peer.receive(byte);
    ++all.gone;
}

inline std::thread::id thread_of(io::scheduler& worker) {
    auto where = []() -> io::task<std::thread::id> { co_return std::this_thread::get_id(); };
    return io::start_on(worker, where()).get();
}

/// A client that was greeted.
inline io::task<io::tcp_stream> greeted(io::address where) {
    auto stream = (co_await io::connect_tcp(where)).value();
    std::array<char, 2> text;
    const auto got = co_await io::within(10s, io::read_exactly(stream, text));
    CHECK(got);
    co_return stream;
}

inline io::task<bool> sees_the_end(io::tcp_stream& client) {
    std::array<char, 1> byte;
    const auto got = co_await io::within(10s, client.receive(byte));
    co_return got && *got == 0;
}

inline io::tcp_listener open_door() { return *io::tcp_listener::open(io::address::loopback(0)); }

/// Runs a client beside `serve_on`; closes the door after it. Yields how serving ended.
template <class Client>
io::task<std::error_code> beside(io::worker_group& group, io::serve_options options, notes& all,
                                 Client& client) {
    auto door = open_door();
    auto visitors = [&]() -> io::task<> {
        co_await client(*door.local_address());
        door.close();
    };
    const auto both = co_await io::when_all(
        io::serve_on(group, door, options, greets, std::ref(all)), visitors());
    co_return std::get<0>(both).error();
}
