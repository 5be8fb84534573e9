#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>

#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"

namespace bench {
namespace {

/// Level-triggered and one receive per readiness, which suits requests and responses.
class epoll_server {
  public:
    explicit epoll_server(int listener)
        : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
    }

    [[noreturn]] void run(echo_board& board) {
        watch(listener_);
        epoll_event events[256];
        for (;;) {
            const int count = epoll_wait(epoll_, events, 256, -1);
            ++calls_;
            for (int i = 0; i < count; ++i) {
                if (events[i].data.fd == listener_)
                    accept();
                else
                    echo(events[i].data.fd);
            }
            board.tell(calls_);
        }
    }

  private:
    void watch(int socket) {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.fd = socket;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &wanted) != 0)
            throw std::runtime_error("epoll_ctl failed");
    }

    void accept() {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) throw std::runtime_error("accept failed");
        watch(socket);
    }

    void echo(int socket) {
        calls_ += 2;
        const ssize_t count = recv(socket, buffer_, sizeof buffer_, 0);
        if (count < 0 && errno == EAGAIN) return;
        // The load never has more on its way than a socket's buffer takes.
        if (count <= 0 ||
            send(socket, buffer_, static_cast<std::size_t>(count), MSG_NOSIGNAL) != count)
            close(socket);
    }

    const int listener_;
    const int epoll_;
    std::uint64_t calls_ = 0;
    char buffer_[4096];
};

}  // namespace

void serve_epoll(int listener, echo_board& board) { epoll_server(listener).run(board); }

}  // namespace bench
