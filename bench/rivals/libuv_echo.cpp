// A program: LISTENER BOARD, descriptors that it inherits.
// Nothing is left of it where the library is not there.
#if __has_include(<uv.h>)

#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <uv.h>

#include "bench/echo/board.hpp"

namespace {

bench::echo_board* board = nullptr;
bool over_tcp = true;

/// Either kind of stream, as it is closed through its handle.
union stream {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
    uv_stream_t any;
    uv_handle_t handle;
};

void must(int answer, const char* what) {
    if (answer >= 0) return;
    std::fprintf(stderr, "libuv: %s: %s\n", what, uv_strerror(answer));
    std::exit(1);
}

void open_stream(uv_loop_t* loop, stream& made) {
    must(over_tcp ? uv_tcp_init(loop, &made.tcp) : uv_pipe_init(loop, &made.pipe, 0), "init");
}

void drop(uv_stream_t* gone) {
    uv_close(reinterpret_cast<uv_handle_t*>(gone),
             [](uv_handle_t* handle) { delete reinterpret_cast<stream*>(handle); });
}

/// What the socket had no room for, until it has.
struct rest {
    uv_write_t request;
    std::unique_ptr<char[]> bytes;
};

void write_later(uv_stream_t* peer, const char* bytes, std::size_t size) {
    auto* left = new rest{{}, std::make_unique<char[]>(size)};
    std::memcpy(left->bytes.get(), bytes, size);
    const uv_buf_t what = uv_buf_init(left->bytes.get(), static_cast<unsigned>(size));
    left->request.data = left;
    const auto written = [](uv_write_t* request, int) { delete static_cast<rest*>(request->data); };
    if (uv_write(&left->request, peer, &what, 1, written) != 0) {
        delete left;
        drop(peer);
    }
}

/// One for all connections: what is in it is sent before the next one reads.
void lend_buffer(uv_handle_t*, std::size_t, uv_buf_t* into) {
    static char buffer[4096];
    *into = uv_buf_init(buffer, sizeof buffer);
}

/// Sent at once, without a request, as far as that goes.
void echo(uv_stream_t* peer, ssize_t count, const uv_buf_t* from) {
    if (count == 0) return;
    if (count < 0) {
        drop(peer);
        return;
    }
    const uv_buf_t what = uv_buf_init(from->base, static_cast<unsigned>(count));
    const int sent = uv_try_write(peer, &what, 1);
    const std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (done < static_cast<std::size_t>(count))
        write_later(peer, from->base + done, static_cast<std::size_t>(count) - done);
    board->tell(0);
}

void accept_one(uv_stream_t* door, int status) {
    must(status, "listen");
    auto* peer = new stream;
    open_stream(door->loop, *peer);
    must(uv_accept(door, &peer->any), "accept");
    must(uv_read_start(&peer->any, lend_buffer, echo), "read");
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) return 2;
    const int listener = std::atoi(words[1]);
    board = &bench::board_of(std::atoi(words[2]));
    sockaddr_storage where{};
    socklen_t size = sizeof where;
    getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size);
    over_tcp = where.ss_family != AF_UNIX;
    uv_loop_t* const loop = uv_default_loop();
    stream door;
    open_stream(loop, door);
    must(over_tcp ? uv_tcp_open(&door.tcp, listener) : uv_pipe_open(&door.pipe, listener), "open");
    must(uv_listen(&door.any, 4096, accept_one), "listen");
    return uv_run(loop, UV_RUN_DEFAULT);
}

#endif
