#pragma once

#include <openssl/ssl.h>

#include <memory>

namespace bench {

// OpenSSL by hand.

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using context_owner = std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>>;
using ssl_owner = std::unique_ptr<SSL, freed_by<&SSL_free>>;

/// Errors: throws what OpenSSL says of the last failure.
void must(bool worked);

/// Shows `tls_credentials`.
context_owner openssl_server();

}  // namespace bench
