#include <fcntl.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <string_view>
#include <system_error>
#include <utility>

#include "aio/op/buffer_pool.hpp"
#include "aio/op/direct_table.hpp"
#include "aio/op/file.hpp"
#include "aio/op/link.hpp"
#include "aio/op/multishot.hpp"
#include "aio/op/pooled.hpp"
#include "aio/op/socket.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/scope.hpp"
#include "runtime/when_all.hpp"

namespace io = lariat;

namespace {

/// One entry of the ring serves a connection, and while nothing comes it holds no buffer.
io::task<> echo(io::descriptor peer, io::buffer_pool& pool) {
    io::multishot arriving(io::receive_pooled{.socket = peer, .pool = pool});
    for (;;) {
        const auto bytes = co_await arriving.next();
        if (!bytes) co_return;  // end_of_stream, or an error
        const auto sent = co_await io::send{.socket = peer, .buffer = *bytes, .flags = MSG_WAITALL};
        if (!sent) co_return;
    }
}

io::task<> serve(io::descriptor_ref door, int wanted) {
    io::direct_table table(1024);  // descriptors that only the ring knows
    io::buffer_pool pool({.buffers = 64, .size = 4096});
    io::task_scope peers;  // ends before what it uses
    io::multishot arriving(io::accept{.socket = door, .into = &table});
    for (int served = 0; served < wanted; ++served) {
        auto peer = co_await arriving.next();
        if (!peer) break;
        peers.spawn(echo, *std::move(peer), std::ref(pool));
    }
    co_await peers.join();
}

/// Both without a way back in between, or neither in silence.
io::task<io::result<void>> write_durably(io::descriptor_ref file, std::string_view text) {
    const auto both = co_await io::link(io::write{.file = file, .buffer = text, .offset = 0},
                                        io::fsync{.file = file});
    if (both.error()) co_return both.error();
    co_return {};
}

// From here on: what tries them.
io::task<io::result<bool>> ask(io::address server) {
    const auto socket = co_await io::or_return(co_await io::socket{});
    co_await io::or_return(co_await io::connect{.socket = socket, .address = server});
    char answer[8];
    for (const std::string_view word : {"question", "and more"}) {
        co_await io::or_return(co_await io::send{.socket = socket, .buffer = word});
        const auto got = co_await io::or_return(
            co_await io::receive{.socket = socket, .buffer = answer, .flags = MSG_WAITALL});
        if (std::string_view(answer, got) != word) co_return false;
    }
    co_return true;
}

io::task<io::result<bool>> try_all() {
    const auto door = co_await io::or_return(co_await io::socket{});
    const auto any = io::address::loopback(0);
    co_await io::or_return(co_await io::bind{.socket = door, .address = any});
    co_await io::or_return(co_await io::listen{.socket = door});
    io::address_storage where;
    ::getsockname(door.number(), reinterpret_cast<sockaddr*>(&where.bytes), &where.size);
    const auto both = co_await io::when_all(serve(door, 1), ask(where.read()));
    const auto& asked = std::get<1>(both);
    if (!asked || !*asked) co_return asked;

    const auto file = co_await io::or_return(
        co_await io::open{.path = "/var/tmp", .flags = O_TMPFILE | O_RDWR, .mode = 0600});
    co_await io::or_return(co_await write_durably(file, "kept"));
    const auto failed = co_await write_durably(io::descriptor_ref(-1), "lost");
    const bool good = failed.error() == std::errc::bad_file_descriptor;
    co_return good;
}

}  // namespace

int main() {
    const auto good = io::run(try_all());
    if (!good) std::cerr << "ring_features: " << good.error().message() << '\n';
    return good && *good ? 0 : 1;
}
