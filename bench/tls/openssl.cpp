#include "bench/tls/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdexcept>

#include "bench/tls/connection.hpp"

namespace bench {

void must(bool worked) {
    if (!worked) throw std::runtime_error(ERR_error_string(ERR_get_error(), nullptr));
}

context_owner openssl_server() {
    context_owner made(SSL_CTX_new(TLS_server_method()));
    const auto& [certificate, key] = tls_credentials();
    const std::unique_ptr<BIO, freed_by<&BIO_free>> shown(BIO_new_mem_buf(certificate.data(), -1));
    const std::unique_ptr<BIO, freed_by<&BIO_free>> secret(BIO_new_mem_buf(key.data(), -1));
    const std::unique_ptr<X509, freed_by<&X509_free>> read(
        PEM_read_bio_X509(shown.get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>> unlocked(
        PEM_read_bio_PrivateKey(secret.get(), nullptr, nullptr, nullptr));
    must(made && SSL_CTX_use_certificate(made.get(), read.get()) == 1 &&
         SSL_CTX_use_PrivateKey(made.get(), unlocked.get()) == 1);
    return made;
}

}  // namespace bench
