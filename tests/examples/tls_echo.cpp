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
#include "aio/transport/tls_listener.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_any.hpp"
#include "runtime/within.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using tls = io::tls_stream<io::tcp_stream>;
using tls_door = io::tls_listener<io::tcp_listener>;

io::task<std::string> echo(tls& peer, std::string_view first) {
    const auto answered = co_await io::write_all(peer, first);
    if (!answered) co_return "gone";
    std::byte buffer[16 * 1024];
    for (;;) {
        const auto got = co_await io::within(30s, peer.receive(buffer));
        if (!got) co_return got.error().message();
        if (*got == 0) co_return "done";
        const auto sent = co_await io::write_all(peer, std::span(buffer).first(*got));
        if (!sent) co_return sent.error().message();
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

/// One peer: what it wants, and how it ended, told from an accident.
io::task<> serve_one(tls peer) {
    char buffer[1024];
    const auto got = co_await io::within(30s, peer.receive(buffer));
    if (!got) co_return;
    const std::string_view first(buffer, *got);
    std::string end = "answered";
    if (first.starts_with("GET "))
        co_await answer_http(peer, std::string(first));
    else
        end = co_await echo(peer, first);
    std::cerr << peer.protocol() << ": " << end << '\n';
    (void)co_await io::within(5s, peer.shutdown(io::direction::send));
}

io::task<io::result<void>> serve(tls_door door) {
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
        peers.spawn(serve_one, *std::move(peer));
    }
    door.close();
    co_await peers.drain(5s);
    co_return outcome;
}

io::task<io::result<tls_door>> open(io::address where, io::tls_context identity) {
    auto below = co_await io::or_return(io::tcp_listener::open(where));
    co_return tls_door::open(std::move(below), identity);
}

/// Asks who can prove to be `name`; what it answers is whole, or an error.
io::task<io::result<std::string>> ask(io::address server, std::string name, io::tls_context trust,
                                      std::string question) {
    auto below = co_await io::or_return(co_await io::within(5s, io::connect_tcp(server)));
    const io::tls_connect_options options{.server_name = name, .limit = 5s};
    auto peer = co_await io::or_return(co_await io::tls_connect(std::move(below), trust, options));
    std::cerr << peer.protocol() << ", " << peer.cipher() << ", " << peer.peer_subject() << '\n';
    co_await io::or_return(co_await io::write_all(peer, question));
    co_await io::or_return(co_await peer.shutdown(io::direction::send));
    const auto answer = co_await io::or_return(co_await io::read_to_end(peer, 1024 * 1024));
    co_return std::string(reinterpret_cast<const char*>(answer.data()), answer.size());
}

io::task<io::result<std::string>> try_it() {
    const io::testing::certificate_authority authority;
    const auto own = authority.issue({.name = "localhost"});
    const auto identity = io::tls_context::server(
        {.certificate = {.text = own.certificate}, .key = {.text = own.key}});
    const auto trust = io::tls_context::client({.authority = {.text = authority.certificate()}});
    auto door = co_await io::or_return(co_await open(io::address::loopback(0), identity.value()));
    const auto where = co_await io::or_return(door.local_address());
    auto both = co_await io::when_any(ask(where, "localhost", trust.value(), "are you there?"),
                                      serve(std::move(door)));
    co_return std::move(both.get<0>());
}

io::task<io::result<void>> open_and_serve(io::address where, io::tls_context identity) {
    auto door = co_await io::or_return(co_await open(where, std::move(identity)));
    const auto found = co_await io::or_return(door.local_address());
    std::cout << "listening on " << found << '\n' << std::flush;
    co_return co_await serve(std::move(door));
}

int failed(std::string_view what, std::error_code why) {
    std::cerr << "tls_echo: " << what << ": " << why.message() << '\n';
    return 1;
}

int run_server(io::address where, std::string_view certificate, std::string_view key) {
    const auto identity =
        io::tls_context::server({.certificate = {.file = certificate}, .key = {.file = key}});
    if (!identity) return failed("certificate or key", identity.error());
    const auto outcome = io::run(open_and_serve(where, *identity));
    return outcome ? 0 : failed("stopped serving", outcome.error());
}

int run_client(io::address where, std::string_view name, std::string_view authority) {
    const auto trust = io::tls_context::client({.authority = {.file = authority}});
    if (!trust) return failed("authority", trust.error());
    std::string question(std::istreambuf_iterator<char>(std::cin), {});
    const auto answer = io::run(ask(where, std::string(name), *trust, std::move(question)));
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
