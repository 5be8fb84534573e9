#include <algorithm>
#include <cstdint>
#include <vector>

#include "bench/tls/connection.hpp"
#include "bench/tls/ends.hpp"
#include "bench/tls/openssl.hpp"

// OpenSSL over a socket that blocks, as its manual has it.

namespace bench {
namespace {

void receive(SSL* ssl, std::vector<char>& buffer, std::uint64_t bytes) {
    while (bytes > 0) {
        std::size_t count = 0;
        must(SSL_read_ex(ssl, buffer.data(), std::min<std::uint64_t>(buffer.size(), bytes),
                         &count) == 1);
        bytes -= count;
    }
}

void receive_measured(const job& work, meter& figures, bool ahead) {
    const tls_connection connection(work, "raw");
    const context_owner context = openssl_server();
    if (ahead) {
        SSL_CTX_set_read_ahead(context.get(), 1);
        SSL_CTX_set_default_read_buffer_len(context.get(), tls_connection::buffer_size);
    }
    const ssl_owner ssl(SSL_new(context.get()));
    must(ssl && SSL_set_fd(ssl.get(), connection.socket()) == 1);
    must(SSL_accept(ssl.get()) == 1);
    const tls_bytes_of bytes(work);
    std::vector<char> buffer(tls_connection::buffer_size);
    receive(ssl.get(), buffer, bytes.warmup);

    figures.start();
    receive(ssl.get(), buffer, bytes.measured);
    figures.stop(work.items);
    report_bandwidth(figures, bytes);
}

}  // namespace

void receive_raw_tls(const job& work, meter& figures) { receive_measured(work, figures, false); }
void receive_raw_tls_ahead(const job& work, meter& figures) {
    receive_measured(work, figures, true);
}

void send_raw_tls(int socket, std::size_t size) {
    const context_owner context(SSL_CTX_new(TLS_client_method()));
    const ssl_owner ssl(SSL_new(context.get()));
    must(ssl && SSL_set_fd(ssl.get(), socket) == 1);
    must(SSL_connect(ssl.get()) == 1);
    const std::vector<char> buffer(size, 'x');
    std::size_t count = 0;
    while (SSL_write_ex(ssl.get(), buffer.data(), buffer.size(), &count) == 1) {
    }
}

}  // namespace bench
