#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>

#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"
#include "bench/raw/ring.hpp"

namespace bench {
namespace {

struct peer {
    int socket;
    bool sending;
    unsigned length;  ///< What is to be sent.
    unsigned sent;    ///< Of it.
    char buffer[4096];
};

/// Single shots: one receive or one send on its way per connection.
class single_shot_server {
  public:
    single_shot_server(int listener, bool poll_first)
        : listener_(listener), receive_hint_(poll_first ? IORING_RECVSEND_POLL_FIRST : 0) {}

    [[noreturn]] void run(echo_board& board) {
        accept();
        for (;;) {
            ring_.enter(1);
            ring_.reap([this](const io_uring_cqe& cqe) { dispatch(cqe); });
            board.tell(ring_.enters() + closed_);
        }
    }

  private:
    void dispatch(const io_uring_cqe& cqe) {
        auto* from = reinterpret_cast<peer*>(cqe.user_data);
        if (!from)
            accepted(cqe.res);
        else if (cqe.res <= 0)
            drop(from);
        else if (from->sending)
            sent(*from, static_cast<unsigned>(cqe.res));
        else
            received(*from, static_cast<unsigned>(cqe.res));
    }

    void accept() {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_accept(sqe, listener_, nullptr, nullptr, 0);
        io_uring_sqe_set_data64(sqe, 0);
    }

    void accepted(int socket) {
        if (socket < 0) throw std::runtime_error("accept failed");
        auto* fresh = new peer;
        fresh->socket = socket;
        receive(*fresh);
        accept();
    }

    void receive(peer& from) {
        from.sending = false;
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_recv(sqe, from.socket, from.buffer, sizeof from.buffer, 0);
        sqe->ioprio = receive_hint_;
        io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uintptr_t>(&from));
    }

    void received(peer& from, unsigned count) {
        from.sending = true;
        from.length = count;
        from.sent = 0;
        send(from);
    }

    void send(peer& to) {
        io_uring_sqe* sqe = ring_.entry();
        io_uring_prep_send(sqe, to.socket, to.buffer + to.sent, to.length - to.sent, MSG_NOSIGNAL);
        io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uintptr_t>(&to));
    }

    void sent(peer& to, unsigned count) {
        to.sent += count;
        if (to.sent == to.length)
            receive(to);
        else
            send(to);
    }

    void drop(peer* gone) {
        ++closed_;
        close(gone->socket);
        delete gone;
    }

    raw::ring ring_{2048};
    const int listener_;
    const std::uint16_t receive_hint_;
    std::uint64_t closed_ = 0;  ///< Connections, with a call for each that is not the ring's.
};

}  // namespace

void serve_raw(int listener, echo_board& board) { single_shot_server(listener, false).run(board); }

void serve_poll_first(int listener, echo_board& board) {
    single_shot_server(listener, true).run(board);
}

}  // namespace bench
