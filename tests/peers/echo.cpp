// For socat to talk to: `echo serve URL` sends back what it receives over streams, `echo ask URL`
// sends its standard input there and prints the answer; `echo serve-udp ADDRESS` and
// `echo ask-udp ADDRESS` do so with datagrams, one for all of the input.
#include <signal.h>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/dial.hpp"
#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "aio/stream/copy.hpp"
#include "aio/transport/udp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t longest_answer = 64 * 1024 * 1024;

io::task<> serve_one(io::any_stream peer) {
    (void)co_await io::copy(peer, peer);
    (void)co_await peer.shutdown(io::direction::send);
}

io::task<std::error_code> accept_all(io::any_listener& door) {
    io::task_scope peers;
    for (;;) {
        auto peer = co_await door.accept();
        if (!peer) co_return peer.error();
        peers.spawn(serve_one, *std::move(peer));
    }
}

/// Until `work` fails, or a signal says that it is enough.
template <class Work>
io::task<io::result<void>> until_signal(Work work) {
    io::signal_set signals{SIGINT, SIGTERM};
    auto end = co_await io::when_any(std::move(work), signals.next());
    if (end.index == 0) co_return end.template get<0>();
    co_return {};
}

io::task<io::result<void>> serve(std::string url) {
    auto door = co_await io::or_return(co_await io::listen_at(url));
    std::cout << "listening on " << door.url() << '\n' << std::flush;
    co_return co_await until_signal(accept_all(door));
}

io::task<std::error_code> answer_all(io::udp_socket& socket) {
    std::vector<std::byte> room(65536);
    for (;;) {
        const auto got = co_await socket.receive(room);
        if (!got) co_return got.error();
        const auto sent = co_await socket.send_to(std::span(room).first(got->count), got->from);
        if (!sent) co_return sent.error();
    }
}

io::task<io::result<void>> serve_udp(std::string where) {
    const auto place = co_await io::or_return(io::address::parse(where));
    auto socket = co_await io::or_return(io::udp_socket::open(place));
    const auto found = co_await io::or_return(socket.local_address());
    std::cout << "listening on " << found << '\n' << std::flush;
    co_return co_await until_signal(answer_all(socket));
}

std::string input() { return {std::istreambuf_iterator<char>(std::cin), {}}; }

io::task<io::result<void>> say(io::any_stream& peer, std::string_view question) {
    co_await io::or_return(co_await io::write_all(peer, question));
    co_return co_await peer.shutdown(io::direction::send);
}

io::task<io::result<void>> ask(std::string url) {
    const std::string question = input();
    auto peer = co_await io::or_return(co_await io::within(10s, io::dial(url)));
    auto both = co_await io::when_all(say(peer, question), io::read_to_end(peer, longest_answer));
    auto& [said, answer] = both;
    co_await io::or_return(std::move(said));
    const auto bytes = co_await io::or_return(std::move(answer));
    std::cout << std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    co_return {};
}

io::task<io::result<void>> ask_udp(std::string where) {
    const std::string question = input();
    const auto peer = co_await io::or_return(io::address::parse(where));
    auto socket = co_await io::or_return(io::udp_socket::open(io::address::loopback(0)));
    co_await io::or_return(co_await socket.send_to(question, peer));
    std::vector<std::byte> room(65536);
    const auto got = co_await io::or_return(co_await io::within(10s, socket.receive(room)));
    std::cout << std::string_view(reinterpret_cast<const char*>(room.data()), got.count);
    co_return {};
}

}  // namespace

int main(int count, char** words) {
    const std::string_view what = count == 3 ? words[1] : "";
    io::result<void> outcome = std::make_error_code(std::errc::invalid_argument);
    if (what == "serve") outcome = io::run(serve(words[2]));
    if (what == "ask") outcome = io::run(ask(words[2]));
    if (what == "serve-udp") outcome = io::run(serve_udp(words[2]));
    if (what == "ask-udp") outcome = io::run(ask_udp(words[2]));
    if (outcome) return 0;
    std::cerr << "echo: " << outcome.error().message() << '\n';
    return 1;
}
