// `tls_echo serve ADDRESS CERTIFICATE KEY` sends back what it receives over TLS; to who speaks HTTP
// it answers with what was asked. `tls_echo ask ADDRESS NAME AUTHORITY` sends its standard input to
// a server that must prove to be NAME, and prints the answer. Without arguments it does both, with
// certificates that it makes for itself.
#include <signal.h>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "aio/testing/certificates.hpp"
#include "aio/transport/tcp.hpp"
#include "aio/transport/tls.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using tls = io::tls_stream<io::tcp_stream>;

io::task<> echo(tls& peer, std::string_view first) {
    if (!co_await io::write_all(peer, first)) co_return;
    std::byte buffer[16 * 1024];
    for (;;) {
        const auto got = co_await io::within(30s, peer.receive(buffer));
        if (!got || *got == 0) break;  // idle, done, gone, or an end without a close_notify
        const auto sent = co_await io::write_all(peer, std::span(buffer).first(*got));
        if (!sent) co_return;
    }
}

io::task<> answer_http(tls& peer, std::string request) {
    while (request.find("\r\n\r\n") == request.npos && request.size() < 8192) {
        char more[1024];
        const auto got = co_await io::within(30s, peer.receive(more));
        if (!got || *got == 0) co_return;
        request.append(more, *got);
    }
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
                               std::to_string(request.size()) + "\r\nConnection: close\r\n\r\n" +
                               request;
    (void)co_await io::write_all(peer, answer);
}

/// One peer: who it is, what it wants, and an end that it can tell from an accident.
io::task<> serve_one(io::tcp_stream below, io::tls_context rules) {
    auto peer = co_await io::tls_accept(std::move(below), rules);
    if (!peer) {
        std::cerr << "refused: " << peer.error().message() << '\n';
        co_return;
    }
    char buffer[1024];
    const auto got = co_await io::within(30s, peer->receive(buffer));
    if (!got) co_return;
    const std::string_view first(buffer, *got);
    if (first.starts_with("GET "))
        co_await answer_http(*peer, std::string(first));
    else
        co_await echo(*peer, first);
    (void)co_await io::within(5s, peer->shutdown(io::direction::send));
}

io::task<io::result<void>> serve(io::tcp_listener door, io::tls_context rules) {
    io::signal_set signals{SIGINT, SIGTERM};
    io::task_scope peers;
    io::result<void> outcome;
    for (;;) {
        auto next = co_await io::when_any(door.accept(), signals.next());
        if (next.index == 1) break;
        auto& peer = next.get<0>();
        if (!peer) {
            outcome = peer.error();
            break;
        }
        peers.spawn(serve_one, *std::move(peer), rules);
    }
    door.close();
    co_await peers.drain(5s);
    co_return outcome;
}

io::task<io::result<std::string>> ask(io::address server, std::string name, io::tls_context rules,
                                      std::string question) {
    auto below = co_await io::or_return(co_await io::within(5s, io::connect_tcp(server)));
    const io::tls_connect_options options{.server_name = name, .limit = 5s};
    auto peer = co_await io::or_return(co_await io::tls_connect(std::move(below), rules, options));
    std::cerr << peer.protocol() << ", " << peer.cipher() << ", " << peer.peer_subject() << '\n';
    co_await io::or_return(co_await io::write_all(peer, question));
    co_await io::or_return(co_await peer.shutdown(io::direction::send));
    const auto answer = co_await io::or_return(co_await io::read_to_end(peer, 1024 * 1024));
    co_return std::string(reinterpret_cast<const char*>(answer.data()), answer.size());
}

io::task<io::result<std::string>> try_it() {
    const io::testing::certificate_authority authority;
    const auto own = authority.issue({.name = "localhost"});
    auto serving = io::tls_context::server(
        {.certificate = {.text = own.certificate}, .key = {.text = own.key}});
    auto asking = io::tls_context::client({.authority = {.text = authority.certificate()}});
    auto door = co_await io::or_return(io::tcp_listener::open(io::address::loopback(0)));
    const auto where = co_await io::or_return(door.local_address());
    auto both = co_await io::when_any(ask(where, "localhost", asking.value(), "are you there?"),
                                      serve(std::move(door), serving.value()));
    co_return std::move(both.get<0>());
}

int failed(std::string_view what, std::error_code why) {
    std::cerr << "tls_echo: " << what << ": " << why.message() << '\n';
    return 1;
}

int run_server(io::address where, std::string_view certificate, std::string_view key) {
    const auto rules =
        io::tls_context::server({.certificate = {.file = certificate}, .key = {.file = key}});
    if (!rules) return failed("certificate or key", rules.error());
    auto door = io::tcp_listener::open(where);
    if (!door) return failed("cannot listen", door.error());
    std::cout << "listening on " << *door->local_address() << '\n' << std::flush;
    const auto outcome = io::run(serve(*std::move(door), *rules));
    return outcome ? 0 : failed("stopped serving", outcome.error());
}

int run_client(io::address where, std::string_view name, std::string_view authority) {
    const auto rules = io::tls_context::client({.authority = {.file = authority}});
    if (!rules) return failed("authority", rules.error());
    std::string question(std::istreambuf_iterator<char>(std::cin), {});
    const auto answer = io::run(ask(where, std::string(name), *rules, std::move(question)));
    if (!answer) return failed("no answer", answer.error());
    std::cout << *answer;
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count == 5) {
        const auto where = io::address::parse(words[2]);
        if (!where) return failed(words[2], where.error());
        return words[1] == std::string_view("serve") ? run_server(*where, words[3], words[4])
                                                     : run_client(*where, words[3], words[4]);
    }
    const auto heard = io::run(try_it());
    if (!heard) return failed("the test", heard.error());
    std::cout << "heard: " << *heard << '\n';
    return *heard == "are you there?" ? 0 : 1;
}
