#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <utility>

#include "aio/stream.hpp"
#include "aio/testing/manual_clock.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"

/// A server and a peer of it on one scheduler, whose clock stands still until it is moved.
class stage {
  public:
    std::stop_source stop;

    /// Runs a server, made by `serve(door, stop token)`, until `client(peer)` has ended; then it is
    /// asked to stop, if it was not before.
    /// Returns: what the server did.
    template <class Serve, class Client>
    lariat::result<void> run(Serve serve, Client& client) {
        auto door = lariat::tcp_listener::open(lariat::address::loopback(0)).value();
        const auto where = door.local_address().value();
        return loop_.run(both(serve(std::move(door), stop.get_token()), client, where));
    }

    /// What comes until the peer ends, while time passes.
    lariat::task<std::string> read_while_time_passes(lariat::tcp_stream& peer) {
        std::string text;
        char part[512];
        for (;;) {
            const auto got = co_await lariat::within(std::chrono::seconds(0), peer.receive(part));
            if (got && *got == 0) break;
            if (got) text.append(part, *got);
            time_.advance(std::chrono::seconds(1));
        }
        co_return text;
    }

  private:
    template <class Client>
    lariat::task<lariat::result<void>> both(lariat::task<lariat::result<void>> server,
                                            Client& client, lariat::address where) {
        const auto ended = co_await lariat::when_all(std::move(server), meet(client, where));
        const auto& [served, met] = ended;
        co_return served ? met : served;
    }

    template <class Client>
    lariat::task<lariat::result<void>> meet(Client& client, lariat::address where) {
        auto peer = co_await lariat::or_return(co_await lariat::connect_tcp(where));
        co_await client(peer);
        stop.request_stop();
        co_return {};
    }

    lariat::testing::manual_clock time_;
    lariat::scheduler loop_{{.time = &time_}};
};

inline lariat::task<> say(lariat::tcp_stream& peer, std::string text) {
    (void)co_await lariat::write_all(peer, text);
}

inline lariat::task<std::string> read_some(lariat::tcp_stream& peer, std::size_t size) {
    std::string text(size, '?');
    (void)co_await lariat::read_exactly(peer, text);
    co_return text;
}

inline lariat::task<std::string> read_all(lariat::tcp_stream& peer) {
    const auto got = co_await lariat::read_to_end(peer, 100'000'000);
    if (!got) co_return got.error().message();
    co_return std::string(reinterpret_cast<const char*>(got->data()), got->size());
}
