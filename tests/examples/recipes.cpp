// The README's recipes for streams and files, as it prints them, and what tries each of them.
#include <arpa/inet.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "aio/op/file.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/timeout.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/channel.hpp"
#include "runtime/offload.hpp"
#include "runtime/retry.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<io::result<std::size_t>> receive_soon(io::tcp_stream& peer, std::span<std::byte> buffer) {
    auto got = co_await io::within(50ms, peer.receive(buffer));
    if (got.error() == io::error::timed_out) std::cout << "nothing came within 50 ms\n";
    co_return got;
}

io::task<io::result<void>> shake_hands(io::tcp_stream& peer) {
    char answer[5];
    co_await io::or_return(co_await io::write_all(peer, "hello"));
    co_await io::or_return(co_await io::read_exactly(peer, answer));
    co_return {};
}

io::task<io::result<io::tcp_stream>> connect_and_shake_hands(io::address server) {
    auto peer = co_await io::or_return(co_await io::within(1s, io::connect_tcp(server)));
    co_await io::or_return(co_await io::within(2s, shake_hands(peer)));
    co_return peer;
}

io::task<io::result<std::string>> receive_frame(io::tcp_stream& peer) {
    std::uint32_t size = 0;
    co_await io::or_return(co_await io::read_exactly(peer, std::span(&size, 1)));
    size = ::ntohl(size);
    if (size > 1024 * 1024) co_return io::error::limit_exceeded;  // before anything is allocated
    std::string text(size, '\0');
    co_await io::or_return(co_await io::read_exactly(peer, text));
    co_return text;
}

io::task<std::size_t> receive_from_either(io::tcp_stream& one, io::tcp_stream& other) {
    std::byte a[512], b[512];
    auto race = co_await io::when_any(one.receive(a), other.receive(b));
    // The loser was cancelled and has ended. If bytes had reached it before that, it has them.
    std::size_t total = 0;
    if (auto& got = race.get<0>()) total += *got;
    if (auto& got = race.get<1>()) total += *got;
    co_return total;
}

io::task<> say_goodbye(io::tcp_stream& peer) {
    const auto sent = co_await io::write_all(peer, "goodbye");
    if (!sent) std::cout << "sent only " << sent.count() << " bytes: " << sent.error() << '\n';
}

io::task<> say_goodbye_to_all(std::vector<io::tcp_stream>& peers) {
    io::task_scope farewells;
    for (auto& peer : peers) farewells.spawn(say_goodbye, std::ref(peer));
    co_await farewells.drain(5s);  // after 5 s those that are not done are cancelled
}

io::task<io::result<std::uint64_t>> size_of(std::string path) {
    const auto status = co_await io::or_return(co_await io::stat{.path = path});
    co_return status.size();
}

io::task<std::uint64_t> size_of_all(std::vector<std::string> paths) {
    std::vector<io::task<io::result<std::uint64_t>>> questions;
    for (auto& path : paths) questions.push_back(size_of(std::move(path)));
    std::uint64_t total = 0;
    auto sizes = co_await io::when_all(std::move(questions));
    for (const auto& size : sizes) total += size ? *size : 0;
    co_return total;
}

io::task<> size_each(io::channel<std::string>& paths, std::uint64_t& total) {
    while (auto path = co_await paths.receive()) {
        const auto size = co_await size_of(*std::move(path));
        total += size ? *size : 0;
    }
}

io::task<std::uint64_t> size_with(int workers, std::vector<std::string> all) {
    io::channel<std::string> paths(16);
    std::uint64_t total = 0;
    io::task_scope sizing;
    for (int i = 0; i < workers; ++i) sizing.spawn(size_each, std::ref(paths), std::ref(total));
    for (auto& path : all) {
        const auto sent = co_await paths.send(std::move(path));
        if (!sent) break;  // this task is cancelled
    }
    paths.close();  // each worker ends when nothing is left
    co_await sizing.join();
    co_return total;
}

io::task<io::result<std::vector<std::byte>>> read_file(std::string path) {
    const auto file = co_await io::or_return(co_await io::open{.path = path});
    co_return co_await io::read_to_end(file, 16 * 1024 * 1024);
}

io::task<io::result<io::tcp_stream>> connect_once(io::address server) {
    co_return co_await io::within(1s, io::connect_tcp(server));
}

io::task<io::result<io::tcp_stream>> connect_patiently(io::address server) {
    return io::retry({.attempts = 8, .first = 10ms, .longest = 1s}, connect_once, server);
}

io::task<io::result<int>> call(int (*slow)()) {
    co_return co_await io::offload(slow);  // a cancel waits for a call that has begun
}

io::task<int> count_ticks(std::chrono::milliseconds span, int wanted) {
    io::multishot<io::timeout> ticks(io::timeout{.span = span});  // does not drift
    int seen = 0;
    while (seen < wanted) {
        const auto tick = co_await ticks.next();
        if (!tick) break;
        ++seen;
    }
    co_return seen;
}

// From here on: what tries them.
int add_slowly() {
    std::this_thread::sleep_for(10ms);
    return 40 + 2;
}

io::task<io::result<void>> answer_them(io::tcp_listener door) {
    auto shaking = co_await io::or_return(co_await door.accept());
    char greeting[5];
    co_await io::or_return(co_await io::read_exactly(shaking, greeting));
    co_await io::or_return(co_await io::write_all(shaking, greeting));
    auto other = co_await io::or_return(co_await door.accept());
    co_await io::or_return(co_await io::sleep_for(60ms));
    co_await io::or_return(co_await io::write_all(shaking, std::string_view("\0\0\0\4word", 8)));
    co_await io::or_return(co_await io::write_all(other, "one"));
    co_await io::or_return(co_await io::read_exactly(shaking, greeting));
    co_return {};
}

io::task<io::result<bool>> talk(io::address server) {
    auto one = co_await io::or_return(co_await connect_and_shake_hands(server));
    auto other = co_await io::or_return(co_await connect_patiently(server));
    std::byte buffer[16];
    const auto late = co_await receive_soon(one, buffer);
    const auto word = co_await io::or_return(co_await receive_frame(one));
    const auto count = co_await receive_from_either(one, other);
    std::vector<io::tcp_stream> both;
    both.push_back(std::move(one));
    both.push_back(std::move(other));
    co_await say_goodbye_to_all(both);
    const bool was_late = late.error() == io::error::timed_out;
    const bool good = was_late && word == "word" && count == 3;
    co_return good;
}

io::task<io::result<bool>> try_all() {
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    const auto both = co_await io::when_all(answer_them(std::move(door)), talk(where));
    const auto& [answered, talked] = both;
    if (!answered) co_return answered.error();

    const auto missing = co_await read_file("no such file");
    const auto links = co_await io::or_return(co_await read_file("/proc/self/status"));
    const std::vector<std::string> paths{"/proc/self", "no such file"};
    const auto size = co_await size_of_all(paths);
    const auto same_size = co_await size_with(2, paths);
    const auto sum = co_await io::or_return(co_await call(&add_slowly));
    const int ticks = co_await count_ticks(1ms, 3);
    const bool files = missing.error() == std::errc::no_such_file_or_directory && !links.empty();
    if (!talked || !*talked) co_return talked;
    const bool good = files && size == 0 && same_size == 0 && sum == 42 && ticks == 3;
    co_return good;
}

}  // namespace

int main() {
    const auto good = io::run(try_all());
    if (!good) std::cerr << "recipes: " << good.error().message() << '\n';
    return good && *good ? 0 : 1;
}
