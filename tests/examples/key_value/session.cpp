#include "tests/examples/key_value/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "aio/op/socket.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/scope.hpp"
#include "runtime/with_stop.hpp"
#include "runtime/within.hpp"
#include "tests/examples/key_value/command.hpp"
#include "tests/examples/key_value/reply.hpp"
#include "tests/examples/key_value/store.hpp"
#include "tests/examples/server/inlet.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace key_value {
namespace {

constexpr auto idle_patience = 5min;
constexpr auto rest_patience = 30s;  // For the rest of a command that has begun.
constexpr auto send_patience = 30s;
constexpr auto farewell_patience = 5s;

// Answers beyond this are sent before more commands are carried out: a peer that asks for large
// values and does not read them must not fill the memory.
constexpr std::size_t most_unsent = 64 * 1024;

/// What all connections share.
struct house {
    server::inlets inlets;
    store values;
};

enum class next_step { wait, answer_more, hang_up };

/// Carries out the whole commands among what has arrived, and writes all of their answers.
next_step answer(server::inlet& in, command_parser& parser, store& values, std::string& replies) {
    reply_writer reply(replies);
    // Each command is looked at in what lies behind the one before; the bytes stay until the end.
    const std::string_view all = in.bytes();
    std::size_t done = 0;
    auto then = next_step::wait;
    while (then == next_step::wait) {
        if (replies.size() >= most_unsent) {
            then = next_step::answer_more;
            break;
        }
        const auto outcome = parser.parse(all.substr(done));
        if (outcome == command_parser::outcome::incomplete) break;
        if (outcome == command_parser::outcome::malformed) {
            reply.error(std::string("ERR Protocol error: ").append(parser.complaint()));
            then = next_step::hang_up;
            break;
        }
        if (!parser.arguments().empty() &&
            values.execute(parser.arguments(), reply) == afterwards::hang_up)
            then = next_step::hang_up;
        done += parser.size();
    }
    in.consume(done);
    return then;
}

io::task<> serve_peer(io::tcp_stream peer, house& with) {
    server::inlet in(peer.socket(), with.inlets);
    command_parser parser;
    std::string replies;
    auto rest_due = io::never;  // When the rest of a command must be here.
    for (auto then = next_step::wait; then != next_step::hang_up;) {
        if (then == next_step::wait) {
            io::time_limit limit = idle_patience;
            if (!in.bytes().empty()) {
                rest_due = std::min(rest_due, io::after(io::home::current().now(), rest_patience));
                limit = rest_due;
            }
            auto arrived = co_await io::within(limit, in.next());
            if (!arrived) break;  // idle, late, reset, done or stopping
            in.add(*std::move(arrived));
        }
        then = answer(in, parser, with.values, replies);
        if (replies.empty()) continue;
        const auto sent = co_await io::within(
            send_patience,
            io::send{.socket = peer.socket(), .buffer = replies, .flags = MSG_WAITALL});
        if (!sent || *sent != replies.size()) break;
        replies.clear();
        rest_due = io::never;
    }
    co_await server::hang_up(peer, in);
}

}  // namespace

io::task<io::result<void>> serve(io::tcp_listener door, std::stop_token stop) {
    house with;
    io::task_scope peers;
    io::result<void> outcome;
    for (;;) {
        auto peer = co_await io::with_stop(stop, door.accept());
        if (!peer) {
            if (!stop.stop_requested()) outcome = peer.error();
            break;
        }
        peers.spawn(serve_peer, *std::move(peer), std::ref(with));
    }
    door.close();
    with.inlets.close();
    co_await peers.drain(farewell_patience);
    co_return outcome;
}

}  // namespace key_value
