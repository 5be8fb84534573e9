#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"

namespace bench {
namespace {

/// Level-triggered and one receive per readiness, which suits requests and responses. What a
/// socket has no room for is kept, and nothing more is received from it until that has gone.
class epoll_server {
  public:
    explicit epoll_server(int listener)
        : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
        if (fcntl(listener_, F_SETFL, fcntl(listener_, F_GETFL) | O_NONBLOCK) != 0)
            throw std::runtime_error("the listener cannot be made one that does not block");
    }

    [[noreturn]] void run(echo_board& board) {
        watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
        epoll_event events[256];
        for (;;) {
            ++calls_;
            const int count = epoll_wait(epoll_, events, 256, -1);
            for (int i = 0; i < count; ++i) {
                if (events[i].data.fd == listener_)
                    accept_all();
                else
                    serve(events[i].data.fd);
            }
            board.tell(calls_);
        }
    }

  private:
    void watch(int how, int socket, std::uint32_t what) {
        epoll_event wanted{};
        wanted.events = what;
        wanted.data.fd = socket;
        ++calls_;
        if (epoll_ctl(epoll_, how, socket, &wanted) != 0)
            throw std::runtime_error("epoll_ctl failed");
    }

    void accept_all() {
        for (;;) {
            ++calls_;
            const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket < 0 && errno == EAGAIN) return;
            if (socket < 0) throw std::runtime_error("accept failed");
            watch(EPOLL_CTL_ADD, socket, EPOLLIN);
        }
    }

    void serve(int socket) {
        const auto kept = unsent_.empty() ? unsent_.end() : unsent_.find(socket);
        if (kept == unsent_.end())
            echo(socket);
        else
            send_kept(socket, kept->second);
    }

    void echo(int socket) {
        ++calls_;
        const ssize_t count = recv(socket, buffer_, sizeof buffer_, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return drop(socket);
        const std::string_view received(buffer_, static_cast<std::size_t>(count));
        const ssize_t sent = send_some(socket, received);
        if (sent < 0) return drop(socket);
        if (sent == count) return;
        unsent_[socket] = received.substr(static_cast<std::size_t>(sent));
        watch(EPOLL_CTL_MOD, socket, EPOLLOUT);
    }

    void send_kept(int socket, std::string& kept) {
        const ssize_t sent = send_some(socket, kept);
        if (sent < 0) return drop(socket);
        kept.erase(0, static_cast<std::size_t>(sent));
        if (!kept.empty()) return;
        unsent_.erase(socket);
        watch(EPOLL_CTL_MOD, socket, EPOLLIN);
    }

    /// Returns: how much there was room for; negative when the connection is gone.
    ssize_t send_some(int socket, std::string_view bytes) {
        ++calls_;
        const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return sent < 0 && errno == EAGAIN ? 0 : sent;
    }

    void drop(int socket) {
        if (!unsent_.empty()) unsent_.erase(socket);
        ++calls_;
        close(socket);
    }

    const int listener_;
    const int epoll_;
    std::uint64_t calls_ = 0;
    std::unordered_map<int, std::string> unsent_;
    char buffer_[4096];
};

}  // namespace

void serve_epoll(int listener, echo_board& board) { epoll_server(listener).run(board); }

}  // namespace bench
