#include <fcntl.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "bench/echo/board.hpp"
#include "bench/echo/servers.hpp"
#include "bench/tls/openssl.hpp"

namespace bench {
namespace {

/// OpenSSL receives and sends by itself, each with a call; so they are counted where it does.
std::uint64_t calls_of_openssl = 0;

long count_call(BIO*, int what, const char*, std::size_t, int, long, int answer, std::size_t*) {
    if (what == BIO_CB_READ || what == BIO_CB_WRITE) ++calls_of_openssl;
    return answer;
}

struct peer {
    peer(SSL_CTX* context, int accepted) : socket(accepted), ssl(SSL_new(context)) {
        must(ssl && SSL_set_fd(ssl.get(), socket) == 1);
        BIO_set_callback_ex(SSL_get_rbio(ssl.get()), count_call);
        SSL_set_accept_state(ssl.get());
    }
    ~peer() { close(socket); }
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    int socket;
    ssl_owner ssl;
    std::string unsent;  ///< Until it has gone, nothing more is received.
    bool waits_for_room = false;
};

/// As the epoll server of echo.tcp, with OpenSSL between.
class tls_server {
  public:
    explicit tls_server(int listener) : listener_(listener) {
        if (epoll_ < 0 || fcntl(listener_, F_SETFL, fcntl(listener_, F_GETFL) | O_NONBLOCK) != 0)
            throw std::system_error(errno, std::generic_category(), "epoll");
        SSL_CTX_set_read_ahead(context_.get(), 1);
        // What is kept is sent from where it is kept.
        SSL_CTX_set_mode(context_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        must(SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION) == 1);
    }

    [[noreturn]] void run(echo_board& board) {
        watch(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
        epoll_event events[256];
        for (;;) {
            ++calls_;
            const int count = epoll_wait(epoll_, events, 256, -1);
            for (int i = 0; i < count; ++i) {
                auto* from = static_cast<peer*>(events[i].data.ptr);
                if (!from)
                    accept_all();
                else if (!serve(*from))
                    drop(from);
            }
            board.tell(calls_ + calls_of_openssl);
        }
    }

  private:
    void watch(int how, int socket, std::uint32_t what, peer* whose) {
        epoll_event wanted{};
        wanted.events = what;
        wanted.data.ptr = whose;
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
            watch(EPOLL_CTL_ADD, socket, EPOLLIN, new peer(context_.get(), socket));
        }
    }

    /// Returns: whether the connection goes on.
    bool serve(peer& with) {
        if (!SSL_is_init_finished(with.ssl.get())) {
            if (const int answer = SSL_accept(with.ssl.get()); answer != 1)
                return goes_on(with, answer);
        }
        if (!with.unsent.empty() && !send_kept(with)) return still_waits(with);
        do {
            std::size_t count = 0;
            const int answer = SSL_read_ex(with.ssl.get(), buffer_, sizeof buffer_, &count);
            if (answer != 1) return goes_on(with, answer);
            if (!send(with, {buffer_, count})) return still_waits(with);
        } while (SSL_has_pending(with.ssl.get()));
        return goes_on(with);
    }

    /// Returns: whether all of it was sent; else it is kept.
    bool send(peer& to, std::string_view bytes) {
        std::size_t count = 0;
        last_ = SSL_write_ex(to.ssl.get(), bytes.data(), bytes.size(), &count);
        if (last_ == 1) return true;
        to.unsent = bytes;
        return false;
    }

    bool send_kept(peer& to) {
        std::size_t count = 0;
        last_ = SSL_write_ex(to.ssl.get(), to.unsent.data(), to.unsent.size(), &count);
        if (last_ == 1) to.unsent.clear();
        return last_ == 1;
    }

    bool still_waits(peer& with) { return goes_on(with, last_); }

    /// After what OpenSSL could not do at once.
    bool goes_on(peer& with, int answer) {
        const int why = SSL_get_error(with.ssl.get(), answer);
        if (why == SSL_ERROR_WANT_READ) return goes_on(with);
        if (why != SSL_ERROR_WANT_WRITE) return false;
        if (!with.waits_for_room) watch(EPOLL_CTL_MOD, with.socket, EPOLLOUT, &with);
        return with.waits_for_room = true;
    }

    bool goes_on(peer& with) {
        if (with.waits_for_room) watch(EPOLL_CTL_MOD, with.socket, EPOLLIN, &with);
        with.waits_for_room = false;
        return true;
    }

    void drop(peer* gone) {
        ERR_clear_error();  // What is left there would be taken for the next one's.
        ++calls_;
        delete gone;
    }

    const int listener_;
    const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    const context_owner context_ = openssl_server();
    std::uint64_t calls_ = 0;
    int last_ = 0;  ///< What OpenSSL answered to the last write.
    char buffer_[4096];
};

}  // namespace

void serve_raw_tls(int listener, echo_board& board) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
    tls_server(listener).run(board);
}

}  // namespace bench
