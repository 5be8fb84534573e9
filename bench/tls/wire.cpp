#include "bench/echo/wire.hpp"

#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "bench/tls/ends.hpp"
#include "bench/tls/openssl.hpp"

namespace bench {
namespace {

/// A client whose records pass through memory: the load sends and receives them as it does others.
class tls_wire final : public wire {
  public:
    tls_wire(SSL_CTX* context, int socket) : ssl_(SSL_new(context)) {
        must(ssl_ && from_peer_ && to_peer_);
        SSL_set_bio(ssl_.get(), from_peer_, to_peer_);
        SSL_set_connect_state(ssl_.get());
        shake_hands(socket);
    }

    std::span<const char> seal(std::span<const char> messages) override {
        std::size_t count = 0;
        must(SSL_write_ex(ssl_.get(), messages.data(), messages.size(), &count) == 1);
        return to_be_sent();
    }

    std::size_t open(std::span<const char> received) override {
        take(received);
        std::size_t all = 0;
        std::array<char, 16 * 1024> plain;
        for (std::size_t count = 0;; all += count) {
            const int answer = SSL_read_ex(ssl_.get(), plain.data(), plain.size(), &count);
            if (answer == 1) continue;
            must_want_more(answer);
            return all;
        }
    }

  private:
    void shake_hands(int socket) {
        std::array<char, 4096> received;
        for (;;) {
            const int answer = SSL_do_handshake(ssl_.get());
            const std::span<const char> said = to_be_sent();
            if (send(socket, said.data(), said.size(), MSG_NOSIGNAL) !=
                static_cast<ssize_t>(said.size()))
                throw std::runtime_error("the server would not shake hands");
            if (answer == 1) return;
            must_want_more(answer);
            const ssize_t count = recv(socket, received.data(), received.size(), 0);
            if (count <= 0) throw std::runtime_error("the server would not shake hands");
            take({received.data(), static_cast<std::size_t>(count)});
        }
    }

    void must_want_more(int answer) const {
        const int why = SSL_get_error(ssl_.get(), answer);
        if (why == SSL_ERROR_ZERO_RETURN) throw std::runtime_error("the server ended a connection");
        must(why == SSL_ERROR_WANT_READ);
    }

    void take(std::span<const char> received) {
        must(BIO_write(from_peer_, received.data(), static_cast<int>(received.size())) ==
             static_cast<int>(received.size()));
    }

    std::span<const char> to_be_sent() {
        sealed_.resize(BIO_ctrl_pending(to_peer_));
        if (!sealed_.empty())
            must(BIO_read(to_peer_, sealed_.data(), static_cast<int>(sealed_.size())) ==
                 static_cast<int>(sealed_.size()));
        return sealed_;
    }

    // The SSL's own.
    BIO* from_peer_ = BIO_new(BIO_s_mem());
    BIO* to_peer_ = BIO_new(BIO_s_mem());
    ssl_owner ssl_;
    std::vector<char> sealed_;
};

}  // namespace

std::function<std::unique_ptr<wire>(int socket)> tls_speaker() {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    must(context && SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) == 1);
    return [context](int socket) { return std::make_unique<tls_wire>(context.get(), socket); };
}

void must_have_tls() {}

}  // namespace bench
