// `transports LISTEN` answers lines at a URL: `tcp://127.0.0.1:7000`, `unix:///run/lines`. Without
// arguments one server is asked over three transports, and another over datagrams.
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "aio/any_listener.hpp"
#include "aio/any_stream.hpp"
#include "aio/dial.hpp"
#include "aio/stream/buffered_reader.hpp"
#include "aio/stream/frame.hpp"
#include "aio/transport/udp.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

io::task<> answer_lines(io::any_stream peer) {
    io::buffered_reader lines(peer);
    for (;;) {
        const auto line = co_await io::within(30s, lines.read_line(1024));
        if (!line) co_return;  // idle, gone, or a line that is too long
        const std::string answer = "you said " + std::string(*line) + '\n';
        if (!co_await io::write_all(peer, answer)) co_return;
    }
}

io::task<io::result<void>> serve(io::any_listener& door) {
    io::task_scope peers;
    for (;;) {
        auto peer = co_await door.accept();
        if (!peer) co_return peer.error();
        peers.spawn(answer_lines, *std::move(peer));
    }
}

io::task<io::result<std::string>> ask(std::string where, std::string line) {
    auto server = co_await io::or_return(co_await io::within(5s, io::dial(where)));
    line += '\n';
    co_await io::or_return(co_await io::write_all(server, line));
    io::buffered_reader answers(server);
    co_return std::string(co_await io::or_return(co_await answers.read_line(1024)));
}

/// Serves at `where`, and asks there.
io::task<io::result<std::string>> over(std::string where) {
    auto door = co_await io::or_return(co_await io::listen_at(where));
    io::task_scope serving;
    serving.spawn(serve, std::ref(door));
    auto answer = co_await ask(door.url(), "hello");
    std::cout << door.url() << ": " << (answer ? *answer : answer.error().message()) << '\n';
    co_return answer;
}

io::task<io::result<std::size_t>> send_back_one(io::udp_socket& socket) {
    std::array<char, 1500> buffer;
    const auto got = co_await io::or_return(co_await socket.receive(buffer));
    co_await io::or_return(co_await socket.send_to(std::span(buffer).first(got.count), got.from));
    co_return got.count;
}

io::task<io::result<bool>> over_datagrams() {
    auto server = co_await io::or_return(io::udp_socket::open(io::address::loopback(0)));
    auto client = co_await io::or_return(io::udp_socket::open(io::address::loopback(0)));
    co_await io::or_return(client.connect(co_await io::or_return(server.local_address())));
    co_await io::or_return(co_await client.send("ping"));
    co_await io::or_return(co_await io::within(5s, send_back_one(server)));
    std::array<char, 16> buffer;
    const auto got = co_await io::or_return(co_await io::within(5s, client.receive(buffer)));
    co_return std::string_view(buffer.data(), got.count) == "ping";
}

/// Frames tell where a message ends, on any stream.
io::task<io::result<bool>> over_frames() {
    auto door = co_await io::or_return(co_await io::listen_at("inproc://frames"));
    auto both = co_await io::when_all(door.accept(), io::dial("inproc://frames"));
    auto here = co_await io::or_return(std::move(std::get<0>(both)));
    auto there = co_await io::or_return(std::move(std::get<1>(both)));
    io::frame_writer out(here);
    io::frame_reader in(there, {.limit = 1024});
    co_await io::or_return(co_await out.send("one message"));
    const auto frame = co_await io::or_return(co_await in.receive());
    co_return frame.size() == std::string_view("one message").size();
}

io::task<io::result<bool>> try_it() {
    const std::string name = "unix:@lariat-" + std::to_string(::getpid());
    for (const std::string& where :
         {std::string("tcp://127.0.0.1:0"), name, std::string("inproc://lines")}) {
        const auto answer = co_await io::or_return(co_await over(where));
        if (answer != "you said hello") co_return false;
    }
    const bool framed = co_await io::or_return(co_await over_frames());
    const bool sent_back = co_await io::or_return(co_await over_datagrams());
    co_return framed&& sent_back;
}

io::task<io::result<bool>> serve_at(std::string where) {
    auto door = co_await io::or_return(co_await io::listen_at(where));
    std::cout << "listening at " << door.url() << '\n' << std::flush;
    const auto served = co_await serve(door);
    co_return served.error();
}

}  // namespace

int main(int count, char** words) {
    const auto good = io::run(count > 1 ? serve_at(words[1]) : try_it());
    if (!good) std::cerr << "transports: " << good.error().message() << '\n';
    return good && *good ? 0 : 1;
}
