#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <memory>
#include <system_error>

namespace lariat {

// Owners of what OpenSSL makes.

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

using bio_owner = std::unique_ptr<BIO, freed_by<&BIO_free>>;
using bio_method_owner = std::unique_ptr<BIO_METHOD, freed_by<&BIO_meth_free>>;
using certificate_owner = std::unique_ptr<X509, freed_by<&X509_free>>;
using key_owner = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using ssl_owner = std::unique_ptr<SSL, freed_by<&SSL_free>>;
using ssl_context_owner = std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>>;

/// What this thread's queue of OpenSSL's errors held; empties it. A call whose errors are looked at
/// is made with an empty queue: others leave theirs in it.
class openssl_errors {
  public:
    openssl_errors() noexcept;

    /// Whether OpenSSL's part for TLS gave this reason, whatever else it came with.
    bool has(int reason) const noexcept;

    /// Returns: the one that came first, which is the nearest to the cause: a `tls_alert`, an error
    /// of the kernel, `not_enough_memory`, or OpenSSL's own. Never empty: io_error if there is
    /// none.
    std::error_code first() const noexcept;

  private:
    std::array<unsigned long, 16> codes_{};  // OpenSSL keeps no more.
    std::size_t count_ = 0;
};

/// Returns: the first of them.
inline std::error_code take_openssl_error() noexcept { return openssl_errors().first(); }

}  // namespace lariat
