// An HTTP/1.1 server on all cores. `http_server 127.0.0.1:7000 FOLDER` serves "/" and the files
// below the folder until Ctrl-C, `http_server 127.0.0.1:7000` only "/"; without an address it picks
// a port, serves itself a few requests and ends.
#include <fcntl.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aio/descriptor.hpp"
#include "aio/signal_set.hpp"
#include "aio/stream.hpp"
#include "aio/transport/tcp.hpp"
#include "runtime/available.hpp"
#include "runtime/error.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/when_all.hpp"
#include "runtime/within.hpp"
#include "runtime/worker_group.hpp"
#include "tests/examples/http/session.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace {

using doors = std::vector<io::tcp_listener>;

/// One for each worker, all at the same address: the kernel spreads the peers.
io::result<doors> share(io::tcp_listener first, std::size_t workers) {
    const auto where = first.local_address();
    if (!where) return where.error();
    doors opened;
    opened.push_back(std::move(first));
    while (opened.size() < workers) {
        auto next = io::tcp_listener::open(*where, {.reuse_port = true});
        if (!next) return next.error();
        opened.push_back(*std::move(next));
    }
    return opened;
}

io::task<> serve_on_worker(io::tcp_listener door, io::descriptor_ref folder, std::stop_token stop,
                           std::error_code& outcome) {
    const auto served = co_await http::serve(std::move(door), folder, stop);
    outcome = served.error();
}

io::task<io::result<void>> serve_until_signal(io::tcp_listener door, io::descriptor_ref folder) {
    io::signal_set signals{SIGINT, SIGTERM};  // before the workers, which inherit the block
    std::vector<std::error_code> outcomes;
    io::worker_group cores;
    auto opened = co_await io::or_return(share(std::move(door), cores.size()));
    outcomes.resize(cores.size());
    std::stop_source stop;
    for (std::size_t i = 0; i < cores.size(); ++i) {
        cores.spawn_on(i, serve_on_worker, std::move(opened[i]), folder, stop.get_token(),
                       std::ref(outcomes[i]));
    }
    const auto which = co_await signals.next();  // a second Ctrl-C ends at once
    stop.request_stop();
    co_await io::or_return(co_await cores.drain(10s));
    for (const auto& outcome : outcomes) {
        if (outcome) co_return outcome;
    }
    if (!which) co_return which.error();
    co_return {};
}

// What the test runs: requests in one piece and byte by byte, then an end as by Ctrl-C.
constexpr std::string_view hello =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\n";

io::task<io::result<bool>> ask(io::tcp_stream& peer, std::string request, std::string expected,
                               std::size_t step) {
    for (std::string_view left = request; !left.empty();) {
        const auto part = left.substr(0, step);
        co_await io::or_return(co_await io::write_all(peer, part));
        left.remove_prefix(part.size());
    }
    std::string answer(expected.size(), '?');
    co_await io::or_return(co_await io::read_exactly(peer, answer));
    std::cout << answer << '\n';
    co_return answer == expected;
}

io::task<io::result<bool>> converse(io::address server) {
    const std::string get = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
    const std::string head = "HEAD / HTTP/1.1\r\nHost: here\r\n\r\n";
    const std::string both = std::string(hello) + "hello\n" + std::string(hello);
    auto peer = co_await io::or_return(co_await io::connect_tcp(server));
    for (const std::size_t step : {std::size_t{1000}, std::size_t{1}}) {
        const bool good = co_await io::or_return(co_await ask(peer, get + head, both, step));
        if (!good) co_return false;
    }
    const std::string post = "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\n\r\n.";
    const bool refused =
        co_await io::or_return(co_await ask(peer, post, "HTTP/1.1 405 Method Not Allowed", 1000));
    const auto rest = co_await io::or_return(co_await io::read_to_end(peer, 1024));
    const bool good = refused && !rest.empty();
    co_return good;
}

io::task<io::result<void>> talk_and_end(io::address server) {
    const auto good = co_await io::within(10s, converse(server));
    ::raise(SIGTERM);
    if (!good) co_return good.error();
    if (!*good) co_return std::make_error_code(std::errc::protocol_error);
    co_return {};
}

io::task<io::result<void>> try_it(io::tcp_listener door) {
    const auto where = co_await io::or_return(door.local_address());
    const auto both =
        co_await io::when_all(serve_until_signal(std::move(door), {}), talk_and_end(where));
    const auto& [served, talked] = both;
    co_return served ? talked : served;
}

int failed(std::string_view what, std::error_code why) {
    std::cerr << "http_server: " << what << ": " << why.message() << '\n';
    return 1;
}

}  // namespace

int main(int count, char** words) {
    if (const auto uring = io::available(); !uring) {
        std::cerr << uring.reason << '\n';
        return 1;
    }
    const auto where = io::address::parse(count > 1 ? words[1] : "127.0.0.1:0");
    if (!where) return failed("not an address like 127.0.0.1:7000", where.error());
    const auto folder =
        io::descriptor::adopt(count > 2 ? ::open(words[2], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1);
    if (count > 2 && !folder) return failed(words[2], io::kernel_error(errno));
    auto door = io::tcp_listener::open(*where, {.reuse_port = true});
    if (!door) return failed("cannot listen", door.error());
    std::cout << "listening on " << *door->local_address() << '\n' << std::flush;

    const auto outcome = io::run(count > 1 ? serve_until_signal(*std::move(door), folder)
                                           : try_it(*std::move(door)));
    return outcome ? 0 : failed("stopped serving", outcome.error());
}
