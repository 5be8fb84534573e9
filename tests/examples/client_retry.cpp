// A client that gives each attempt a time limit and tries again, with pauses that grow. It asks a
// server in the same program that is slow, then rude, then helpful.
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

/// One attempt: connect, send, say that this was all, read to the end.
/// Lifetime: the question outlives the task.
io::task<io::result<std::string>> ask(io::address server, std::string_view question) {
    constexpr std::size_t longest_answer = 64 * 1024;
    auto peer = co_await io::or_return(co_await io::connect_tcp(server));
    co_await io::or_return(co_await io::write_all(peer, question));
    co_await io::or_return(co_await peer.shutdown(io::direction::send));
    const auto answer = co_await io::or_return(co_await io::read_to_end(peer, longest_answer));
    if (answer.empty()) co_return io::error::end_of_stream;
    co_return std::string(reinterpret_cast<const char*>(answer.data()), answer.size());
}

io::task<io::result<std::string>> ask_patiently(io::address server, std::string_view question) {
    constexpr int most_attempts = 5;
    io::duration pause = 10ms;
    for (int attempt = 1;; ++attempt) {
        auto answer = co_await io::within(200ms, ask(server, question));
        if (answer) co_return answer;
        std::cout << "attempt " << attempt << ": " << answer.error().message() << '\n';
        // Canceled or stopped: somebody wants us to end, and every further attempt would fail.
        const bool unwanted = answer.error() == std::errc::operation_canceled;
        if (unwanted || attempt == most_attempts) co_return answer;

        co_await io::or_return(co_await io::sleep_for(pause));
        pause *= 2;
    }
}

// The server that the test asks.
io::task<io::result<void>> serve_at_the_third_attempt(io::tcp_listener door) {
    auto slow = co_await io::or_return(co_await door.accept());
    auto rude = co_await io::or_return(co_await door.accept());
    rude = {};
    for (;;) {
        auto helpful = co_await io::or_return(co_await door.accept());
        const auto question = co_await io::or_return(co_await io::read_to_end(helpful, 1024));
        co_await io::or_return(co_await io::write_all(helpful, question));
    }
}

io::task<io::result<std::string>> try_it() {
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    auto first = co_await io::when_any(ask_patiently(where, "are you there?"),
                                       serve_at_the_third_attempt(std::move(door)));
    co_return std::move(first.get<0>());
}

}  // namespace

int main() {
    const auto answer = io::run(try_it());
    std::cout << (answer ? *answer : answer.error().message()) << '\n';
    return answer && *answer == "are you there?" ? 0 : 1;
}
