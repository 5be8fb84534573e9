#include "tests/examples/http/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include "aio/op/file.hpp"
#include "aio/op/socket.hpp"
#include "runtime/error.hpp"
#include "runtime/home.hpp"
#include "runtime/scope.hpp"
#include "runtime/with_stop.hpp"
#include "runtime/within.hpp"
#include "tests/examples/http/page.hpp"
#include "tests/examples/http/responder.hpp"
#include "tests/examples/server/inlet.hpp"

namespace io = lariat;
using namespace std::chrono_literals;

namespace http {
namespace {

constexpr auto idle_patience = 30s;
constexpr auto rest_patience = 10s;  // For the rest of a head that has begun.
constexpr auto disk_patience = 10s;
constexpr auto send_patience = 30s;
constexpr auto farewell_patience = 5s;

// Of a file that is read while it is sent.
constexpr std::size_t piece = 128 * 1024;

using need = responder::need;

/// What all connections share.
struct house {
    explicit house(io::descriptor_ref folder) : pages(folder) {}

    server::inlets inlets;
    site pages;
};

/// Whether everything of it was sent.
io::task<bool> send_all(io::descriptor_ref socket, io::const_buffer_view bytes) {
    const auto sent = co_await io::within(
        send_patience, io::send{.socket = socket, .buffer = bytes, .flags = MSG_WAITALL});
    co_return sent && *sent == bytes.size();
}

/// Whether exactly so many bytes were sent as the head has told of.
io::task<bool> send_file(io::descriptor_ref socket, const page& what) {
    const auto buffer = std::make_unique<std::byte[]>(piece);
    for (std::uint64_t at = 0; at < what.size;) {
        const io::buffer_view room(buffer.get(), std::min<std::uint64_t>(piece, what.size - at));
        const auto count = co_await io::within(
            disk_patience, io::read{.file = what.file, .buffer = room, .offset = at});
        if (!count || *count == 0) co_return false;
        const bool sent = co_await send_all(socket, room.first(*count));
        if (!sent) co_return false;
        at += *count;
    }
    co_return true;
}

status status_of(std::error_code why) noexcept {
    for (const auto hidden :
         {std::errc::no_such_file_or_directory, std::errc::not_a_directory,
          std::errc::is_a_directory, std::errc::permission_denied, std::errc::cross_device_link,
          std::errc::too_many_symbolic_link_levels, std::errc::filename_too_long,
          std::errc::no_such_device_or_address}) {
        if (why == hidden) return status::not_found;
    }
    return status::internal_error;
}

io::task<need> look_up(responder& talk, site& pages) {
    auto what = co_await io::within(disk_patience, pages.look_up(talk.path()));
    co_return what ? talk.found(*std::move(what)) : talk.refuse(status_of(what.error()));
}

io::task<> serve_peer(io::tcp_stream peer, house& with) {
    server::inlet in(peer.socket(), with.inlets);
    responder talk(with.pages);
    auto rest_due = io::never;  // When the rest of a request must be here.
    for (auto then = need::bytes;;) {
        if (then != need::hang_up) {
            std::size_t used = 0;
            then = talk.answer(in.bytes(), used, io::home::current().now());
            in.consume(used);
            if (used > 0) rest_due = io::never;
        }
        if (then == need::page) then = co_await look_up(talk, with.pages);
        if (!talk.out().empty()) {
            const bool sent = co_await send_all(peer.socket(), talk.out());
            if (!sent) break;
            talk.out().clear();
        }
        if (then == need::file) {
            const bool sent = co_await send_file(peer.socket(), talk.page());
            then = sent ? talk.sent_file() : need::hang_up;
        }
        if (then == need::hang_up) break;
        if (then != need::bytes) continue;

        io::time_limit limit = idle_patience;
        const bool begun = !in.bytes().empty();
        if (begun) {
            rest_due = std::min(rest_due, io::after(io::home::current().now(), rest_patience));
            limit = rest_due;
        }
        auto arrived = co_await io::within(limit, in.next());
        if (arrived)
            in.add(*std::move(arrived));
        else if (begun && arrived.error() == io::error::timed_out)
            then = talk.refuse(status::request_timeout);
        else
            break;  // idle, reset, done or stopping
    }
    co_await server::hang_up(peer, in);
}

}  // namespace

io::task<io::result<void>> serve(io::tcp_listener door, io::descriptor_ref folder,
                                 std::stop_token stop) {
    house with(folder);
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

}  // namespace http
